/** How far the square of a length may be from one in numbers of this kind. */
const roundingMax = 1e-6;

/**
 * Bytes of a vector brought to length one, so that the product of two of them is their cosine. One that is of that
 * length already stays the same to the bit.
 */
export function toBytes(vector: Float32Array): Uint8Array {
  let square = 0;
  for (const value of vector) square += value * value;
  const isUnit = Math.abs(square - 1) < roundingMax;
  const scale = isUnit ? 1 : square > 0 && Number.isFinite(square) ? 1 / Math.sqrt(square) : 0;
  const unit = vector.map((value) => (scale === 0 ? 0 : value * scale));
  return new Uint8Array(unit.buffer, unit.byteOffset, unit.byteLength);
}

/** The vector of such bytes. Shares their memory where their place in it allows. */
export function fromBytes(bytes: Uint8Array): Float32Array {
  const aligned = bytes.byteOffset % Float32Array.BYTES_PER_ELEMENT === 0 ? bytes : bytes.slice();
  return new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / Float32Array.BYTES_PER_ELEMENT);
}

/** The sum of the products of two vectors of the same size. */
export function product(left: Float32Array, right: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < left.length; index += 1) sum += (left[index] ?? 0) * (right[index] ?? 0);
  return sum;
}

/** Keeps the keys with the highest scores, up to a number of them; of equal scores the newer key. */
export function createBest(size: number): {
  offer(key: number, score: number): void;
  keys(): number[];
  entries(): { key: number; score: number }[];
} {
  const kept: { key: number; score: number }[] = [];
  return {
    offer: (key, score) => {
      const last = kept.at(-1);
      if (kept.length === size && last !== undefined && !stands({ key, score }, last)) return;
      let place = kept.length;
      for (let before = kept[place - 1]; before !== undefined && stands({ key, score }, before);) {
        place -= 1;
        before = kept[place - 1];
      }
      kept.splice(place, 0, { key, score });
      if (kept.length > size) kept.pop();
    },
    keys: () => kept.map((entry) => entry.key),
    entries: () => [...kept],
  };
}

/** True where the first comes before the second. */
function stands(first: { key: number; score: number }, second: { key: number; score: number }): boolean {
  return first.score === second.score ? first.key > second.key : first.score > second.score;
}
