/**
 * A whole number divided in proportion to weights: whole shares that add up to it. What weighs nothing gets nothing.
 * Without any weight the shares are all 0.
 */
export function sharesOf(whole: number, weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total === 0) return weights.map(() => 0);
  const exact = weights.map((weight) => (whole * weight) / total);
  const shares = exact.map(Math.floor);
  const missing = whole - shares.reduce((sum, share) => sum + share, 0);
  const byRest = [...exact.keys()].sort((left, right) => ((exact[right] ?? 0) % 1) - ((exact[left] ?? 0) % 1));
  for (const at of byRest.slice(0, missing)) shares[at] = (shares[at] ?? 0) + 1;
  return shares;
}
