/** What a load left behind. */
export interface LoadResult<T> {
  results: T[];
  /** Milliseconds from the first request to the last answer. */
  elapsedMs: number;
}

/** Carries out tasks, so many at a time, each beginning as soon as another has ended. */
export async function carryLoad<T>(
  tasks: readonly (readonly (() => Promise<T>)[])[],
  concurrency: number,
): Promise<LoadResult<T>> {
  const results: T[] = [];
  const startedAt = performance.now();
  // A group is one conversation, whose messages follow one another.
  const groups = [...tasks];
  const worker = async (): Promise<void> => {
    for (let group = groups.shift(); group !== undefined; group = groups.shift()) {
      for (const task of group) results.push(await task());
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return { results, elapsedMs: performance.now() - startedAt };
}
