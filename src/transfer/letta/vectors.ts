import type { TransferVector } from '../../domain/transfer.js';
import { plainModel, toVector } from '../vectors.js';
import { numberIn, objectIn, textIn, type Row } from './cells.js';

/*
 * The vectors of the old databases. All were filled up with zeros to one size, whatever the model made; up to Letta
 * 0.8.17 SQLite holds them as base64, later as they are, and both may stand in one table.
 */

/** The columns that tell of a vector. Read only where vectors are wanted: they are many times as large as texts. */
export const vectorColumns: readonly string[] = ['embedding', 'embedding_dim', 'embedding_model', 'embedding_config'];

/** Which vectors are wanted, and what is known of those whose rows do not say. */
export interface VectorsWanted {
  /** The plain name of the model; null where none are. */
  model: string | null;
  /** What the agent, the archive or the source says of its vectors. */
  config: Record<string, unknown>;
}

/**
 * The vector of a row, absent where it has none. One of another model than is wanted, or one that cannot be told from its
 * filling, comes without its numbers, so that it can be told of.
 */
export function vectorIn(row: Row, { model: wanted, config }: VectorsWanted): { vector?: TransferVector } {
  const cell = row['embedding'] ?? null;
  if (wanted === null || cell === null || isEmpty(cell)) return {};
  const own = objectIn(row['embedding_config']);
  const model =
    textIn(row['embedding_model']) ?? textIn(own['embedding_model']) ?? textIn(config['embedding_model']) ?? '';
  const numbers = plainModel(model) === wanted ? numbersIn(cell) : null;
  const size = numberIn(row['embedding_dim']) ?? numberIn(own['embedding_dim']) ?? numberIn(config['embedding_dim']);
  const cut = numbers === null ? null : withoutFilling(numbers, size);
  return { vector: toVector(model, cut ?? new Float32Array(0)) };
}

function isEmpty(cell: unknown): boolean {
  return cell === '' || (cell instanceof Uint8Array && cell.length === 0);
}

/** Sizes of the usual models. */
const usualSizes: readonly number[] = [256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096];

function withoutFilling(numbers: Float32Array, size: number | null): Float32Array | null {
  let length = numbers.length;
  while (length > 0 && numbers[length - 1] === 0) length -= 1;
  if (length === 0 || numbers.some((number) => !Number.isFinite(number))) return null;
  const whole = size ?? usualSizes.find((each) => each >= length) ?? numbers.length;
  // Numbers beyond the size that is told: one of the two is wrong, and nobody knows which.
  return length > whole || numbers.length < whole ? null : numbers.subarray(0, whole);
}

/** The numbers of a cell: bytes, base64 in bytes or in a text, or the text of a vector or of bytes of PostgreSQL. */
function numbersIn(cell: unknown): Float32Array | null {
  if (cell instanceof Uint8Array) {
    const bytes = Buffer.from(cell.buffer, cell.byteOffset, cell.byteLength);
    return singlesIn(isBase64(bytes) ? Buffer.from(bytes.toString('latin1'), 'base64') : bytes);
  }
  const text = textIn(cell);
  if (text === null || text === '') return null;
  if (text.startsWith('[')) return listed(text);
  if (text.startsWith('\\x')) return numbersIn(Buffer.from(text.slice(2), 'hex'));
  return numbersIn(Buffer.from(text, 'latin1'));
}

/** Bytes of singles; of twice the bytes of the largest filling, of doubles. */
function singlesIn(bytes: Buffer): Float32Array | null {
  if (bytes.length === doubleBytes) {
    return Float32Array.from({ length: bytes.length / 8 }, (_, index) => bytes.readDoubleLE(index * 8));
  }
  if (bytes.length === 0 || bytes.length % 4 !== 0) return null;
  return Float32Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4));
}

const doubleBytes = 4096 * 8;

/** Filled vectors hold zero bytes, which base64 never does. */
function isBase64(bytes: Buffer): boolean {
  if (bytes.length === 0 || bytes.length % 4 !== 0) return false;
  return /^[A-Za-z\d+/]+={0,2}$/u.test(bytes.toString('latin1'));
}

function listed(text: string): Float32Array | null {
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) && list.every((each) => typeof each === 'number') ? Float32Array.from(list) : null;
  } catch {
    return null;
  }
}
