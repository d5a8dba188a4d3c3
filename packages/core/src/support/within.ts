/**
 * What a promise gives, if it does so in time.
 * @param milliseconds how long to wait; a value that is no promise is given back at once.
 * @throws Error saying that `what` took too long; or what the promise rejects with.
 */
export async function within<T>(
  value: T | PromiseLike<T>,
  milliseconds: number,
  what: string,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`${what} took longer than ${milliseconds} ms`));
    }, milliseconds);
  });
  try {
    return await Promise.race([value, late]);
  } finally {
    clearTimeout(timer);
  }
}
