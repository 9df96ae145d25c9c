/** A queue before something only one may hold at a time. Served in the order of arrival. */
export interface Queue {
  /** Resolves when it is this caller's turn. */
  enter(): Promise<void>;
  /** Ends the turn. */
  leave(): void;
  /**
   * To be awaited between two statements of one turn, where it is no null: the turn goes on once the event loop has had
   * its own.
   */
  pause(): Promise<void> | null;
}

/** Milliseconds of turns after which the event loop gets its own: sockets and timers must not starve. */
const sliceMs = 8;

/**
 * Makes a queue. Turns follow one another without leaving the microtasks, which is what makes them fast; a queue that
 * never runs empty, or a turn of many statements, would therefore hold the event loop for good, so now and then it waits
 * for it.
 */
export function createQueue(): Queue {
  const waiting: (() => void)[] = [];
  let held = false;
  let sliceStart: number | null = null;

  /** True where the slice at hand is used up. */
  const isOver = (): boolean => {
    if (sliceStart === null) {
      sliceStart = performance.now();
      setImmediate(() => (sliceStart = null));
    }
    return performance.now() - sliceStart >= sliceMs;
  };
  const startTurn = (turn: () => void): void => {
    if (isOver()) setImmediate(turn);
    else turn();
  };

  return {
    enter: () =>
      new Promise((resolve) => {
        if (held) waiting.push(resolve);
        else {
          held = true;
          startTurn(resolve);
        }
      }),
    leave: () => {
      const next = waiting.shift();
      if (next === undefined) held = false;
      else startTurn(next);
    },
    pause: () => (isOver() ? new Promise((resolve) => setImmediate(resolve)) : null),
  };
}
