/** The numbers of HEAD and of GET, which are always there. */
export const headNumber = 1;
export const getNumber = 2;

/**
 * Numbers the methods that a config names; 0 is every other one. A method in lower or mixed case is
 * its upper-case one, as frameworks compare them without case.
 */
export class MethodNumbers {
  readonly names = ["*", "HEAD", "GET"];

  add(method: string): number {
    const number = this.names.indexOf(method);
    return number === -1 ? this.names.push(method) - 1 : number;
  }

  of(method: string): number {
    return this.#exactly(method) || this.#exactly(method.toUpperCase());
  }

  /** There are few: a look at each costs less than a map's hash. */
  #exactly(method: string): number {
    const { names } = this;
    for (let number = 1; number < names.length; number++)
      if (names[number] === method) return number;
    return 0;
  }
}
