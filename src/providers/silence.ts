/** A timer that can be wound up again. */
export interface SilenceTimer {
  refresh(): void;
  stop(): void;
}

/** Starts a timer; handed in, so that tests need not wait. */
export type StartTimer = (milliseconds: number, fire: () => void) => SilenceTimer;

/** The machine's own timers. */
export const startRealTimer: StartTimer = (milliseconds, fire) => {
  const timer = setTimeout(fire, milliseconds);
  return { refresh: () => void timer.refresh(), stop: () => clearTimeout(timer) };
};

/** A request's signal that aborts with the caller's, and also after too long a silence. */
export interface SilenceWatch {
  readonly signal: AbortSignal;
  /** Something was heard. */
  heard(): void;
  /** Everything was said: what is still open in a moment is cut off. */
  hurry(): void;
  /** Ends the watch; with a reason it also aborts what still runs. */
  end(reason?: unknown): void;
}

/** How long a connection may stay open after its last word; long enough for it to end by itself and be used again. */
const farewellMs = 1_000;

/** Watches one request. After `silenceMs` without `heard()` its signal aborts with what `onSilence` makes. */
export function watchSilence(
  caller: AbortSignal,
  silenceMs: number,
  onSilence: () => Error,
  startTimer: StartTimer = startRealTimer,
): SilenceWatch {
  const controller = new AbortController();
  const forward = (): void => controller.abort(caller.reason);
  let farewell: SilenceTimer | null = null;
  const timer = startTimer(silenceMs, () => controller.abort(onSilence()));
  if (caller.aborted) forward();
  else caller.addEventListener('abort', forward, { once: true });
  return {
    signal: controller.signal,
    heard: () => timer.refresh(),
    hurry() {
      farewell ??= startTimer(farewellMs, () => controller.abort(new Error('The reply is whole.')));
    },
    end(reason) {
      timer.stop();
      farewell?.stop();
      caller.removeEventListener('abort', forward);
      if (reason !== undefined) controller.abort(reason);
    },
  };
}
