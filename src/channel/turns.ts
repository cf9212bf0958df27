/** When a doorbell reaches the other end of a channel in this process. */

export type Schedule = (deliver: () => void) => void;

/** Far more than one exchange takes, and a fraction of a millisecond for the longest of them. */
const DOORBELLS_A_TURN = 64;

/**
 * Right after the current call, as a microtask. Two ends that ring one another without end would keep timers, files
 * and sockets waiting for ever, so each 64th doorbell lets those go first.
 */
export function doorbellsInTurns(): Schedule {
  let left = DOORBELLS_A_TURN;
  return (deliver) => {
    left--;
    if (left > 0) queueMicrotask(deliver);
    else {
      left = DOORBELLS_A_TURN;
      setImmediate(deliver);
    }
  };
}
