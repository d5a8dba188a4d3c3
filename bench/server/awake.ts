import { cpus } from "node:os";

/**
 * Keeps this process, and so its processor, from sleeping until the returned function is called. In a virtual machine
 * a processor that sleeps is given to others: it takes 5 to 10 µs to wake it, which whoever sends to it pays, and
 * what others did meanwhile costs the servers a third more time, as caches are shared.
 */
export function stayAwake(): () => void {
  // Not how many this process may use: it is pinned to one of them.
  let over = cpus().length < 2;
  const turn = () => {
    if (!over) setImmediate(turn);
  };
  turn();
  return () => {
    over = true;
  };
}
