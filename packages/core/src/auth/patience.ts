/** How long a function of the config that says who is calling may take, in ms; then the answer is `unavailable`. */
export const patience = 5_000;
