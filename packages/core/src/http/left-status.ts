/** No status of HTTP's: what servers log of a client that left before it was answered. */
export const leftStatus = 499;
