/* The codes of characters that are told apart one by one as a path is read. */

export const slash = 0x2f;
export const dot = 0x2e;
export const hash = 0x23;
export const question = 0x3f;
export const backslash = 0x5c;
export const upperA = 0x41;
export const upperZ = 0x5a;
/** What the code of a lower-case ASCII letter has beside that of its upper case. */
export const caseBit = 0x20;
