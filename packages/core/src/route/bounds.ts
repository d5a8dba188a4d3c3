/** Characters of the longest path that is read. */
export const maximumCharacters = 8192;
/** Its segments. */
export const maximumSegments = 256;
