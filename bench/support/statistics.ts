/** What a list of measured numbers comes to. */
export interface Spread {
  count: number;
  median: number;
  p95: number;
  p99: number;
  max: number;
}

/** Sums up measured numbers by nearest rank. Throws where there are none. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((left, right) => left - right);
  const at = (share: number): number => {
    const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
    if (value === undefined) throw new Error('Nothing was measured.');
    return value;
  };
  return { count: sorted.length, median: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}

/** The middle of some numbers. */
export function medianOf(values: readonly number[]): number {
  return spreadOf(values).median;
}
