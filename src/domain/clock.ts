/** Where the time comes from; handed in, so that tests can hold it still. */
export interface Clock {
  /** Milliseconds since the Unix epoch, an integer. */
  now(): number;
}

/** The machine's own clock. */
export const systemClock: Clock = { now: () => Date.now() };
