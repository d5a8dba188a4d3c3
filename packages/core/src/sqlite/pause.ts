const cell = new Int32Array(new SharedArrayBuffer(4));

/** Holds this thread up. @param milliseconds more than 0. */
export function pause(milliseconds: number): void {
  Atomics.wait(cell, 0, 0, milliseconds);
}
