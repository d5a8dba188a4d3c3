/** In µs, as the file's times are. */
export const minute = 60_000_000;
export const hour = 3_600_000_000;
