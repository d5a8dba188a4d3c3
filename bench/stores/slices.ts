/** Works in slices of 256 calls between turns of the event loop, as requests would come, and times both. */

/** What a phase costs in one round. */
export interface Phase {
  readonly nsPerOp: number;
  /** ms in all. */
  readonly took: number;
  /** ms that one slice of work held up the event loop, at most. */
  readonly longestSlice: number;
  /** ms from one turn of the event loop to the next, at most: with the collector's pauses in between. */
  readonly longestTurn: number;
}

const slice = 256;

/**
 * @param calls in whole slices: `work` is given each number below. @param atLeast ms, for which it begins
 * again if it is done before.
 */
export async function sliced(
  calls: number,
  work: (i: number) => void,
  atLeast = 0,
): Promise<Phase> {
  let longestSlice = 0;
  let longestTurn = 0;
  let worked = 0;
  let called = 0;
  await new Promise(setImmediate);
  const started = performance.now();
  let turn = started;
  for (let i = 0; i < calls || turn - started < atLeast; ) {
    for (const end = i + slice; i < end; i++) work(i % calls);
    const held = performance.now() - turn;
    worked += held;
    longestSlice = Math.max(longestSlice, held);
    called += slice;
    await new Promise(setImmediate);
    const now = performance.now();
    longestTurn = Math.max(longestTurn, now - turn);
    turn = now;
  }
  return { nsPerOp: (worked * 1e6) / called, took: turn - started, longestSlice, longestTurn };
}
