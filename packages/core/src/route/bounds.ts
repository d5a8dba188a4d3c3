/** The longest path that is read: its characters and its segments. */
export const maximumCharacters = 8192;
export const maximumSegments = 256;
