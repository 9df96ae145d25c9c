const sweepsMax = 100;

/**
 * The eigenvectors of a symmetric matrix, those of the greatest eigenvalues first, after Jacobi. Nothing but sums,
 * products and square roots goes in, so every machine gets the same bits.
 */
export function eigenvectorsOf(symmetric: readonly Float64Array[]): Float64Array[] {
  const size = symmetric.length;
  const matrix = symmetric.map((row) => row.slice());
  const vectors = matrix.map((_, at) =>
    Float64Array.from({ length: size }, (_unused, other) => (at === other ? 1 : 0)),
  );
  for (let sweep = 0; sweep < sweepsMax && !isDiagonal(matrix); sweep += 1) {
    for (let left = 0; left < size - 1; left += 1) {
      for (let right = left + 1; right < size; right += 1) rotate(matrix, vectors, left, right);
    }
  }
  const value = (at: number): number => matrix[at]?.[at] ?? 0;
  const order = [...matrix.keys()].sort((left, right) => value(right) - value(left));
  return order.flatMap((at) => vectors[at] ?? []);
}

function isDiagonal(matrix: readonly Float64Array[]): boolean {
  let beside = 0;
  let along = 0;
  matrix.forEach((row, left) => {
    row.forEach((value, right) => {
      if (left === right) along += value * value;
      else beside += value * value;
    });
  });
  return beside <= along * 1e-24;
}

/** Turns two axes so that the matrix is zero where they cross. Row `n` of `vectors` is the axis `n`. */
function rotate(matrix: Float64Array[], vectors: Float64Array[], left: number, right: number): void {
  const at = (row: number, column: number): number => matrix[row]?.[column] ?? 0;
  const crossing = at(left, right);
  if (crossing === 0) return;
  const slope = (at(right, right) - at(left, left)) / (2 * crossing);
  const tangent = (slope < 0 ? -1 : 1) / (Math.abs(slope) + Math.sqrt(slope * slope + 1));
  const cosine = 1 / Math.sqrt(tangent * tangent + 1);
  const sine = tangent * cosine;
  for (const row of matrix) turn(row, left, row, right, cosine, sine);
  turnRows(matrix, left, right, cosine, sine);
  turnRows(vectors, left, right, cosine, sine);
}

function turnRows(rows: Float64Array[], left: number, right: number, cosine: number, sine: number): void {
  const [first, second] = [rows[left], rows[right]];
  if (first === undefined || second === undefined) return;
  for (let at = 0; at < first.length; at += 1) turn(first, at, second, at, cosine, sine);
}

function turn(
  first: Float64Array,
  firstAt: number,
  second: Float64Array,
  secondAt: number,
  cosine: number,
  sine: number,
): void {
  const [one, other] = [first[firstAt] ?? 0, second[secondAt] ?? 0];
  first[firstAt] = cosine * one - sine * other;
  second[secondAt] = sine * one + cosine * other;
}
