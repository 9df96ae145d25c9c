import type { TransferVector } from '../domain/transfer.js';
import type { TransferRecord } from './record.js';
import type { ReportBuilder } from './report.js';

/** Who makes the vectors of this house. */
export interface VectorMaker {
  /** The provider and the model, as vectors are kept under: `openai/text-embedding-3-small`. */
  name: string;
  /** The model alone, as its provider calls it. */
  model: string;
  /** The vector of a text; null where none came. */
  embed(text: string, signal: AbortSignal): Promise<Float32Array | null>;
}

/** How alike two vectors of one text must be to be of one model: providers round, and do so differently each time. */
const likenessMin = 0.98;

const askMs = 15_000;

/** A model's name without its maker, its tag and its capitals, by which old servers and providers call the same thing. */
export function plainModel(name: string): string {
  return (name.split('/').at(-1) ?? name).replace(/:latest$/u, '').toLowerCase();
}

/**
 * Decides which vectors of a source are kept. Those of a model of the name that is in use here are asked about: the
 * first of them is made once more, and where both are alike, all of that size are kept under the name that this house
 * has for the model. The others are taken away, and the house makes them anew.
 */
export function createVectorJudge(
  maker: VectorMaker | null,
  report: ReportBuilder,
): (records: readonly TransferRecord[]) => Promise<TransferRecord[]> {
  /** Numbers of the vectors of each model that are kept; 0 where none are. */
  const sizes = new Map<string, number>();

  const sizeKept = async (model: string, text: string, vector: Float32Array): Promise<number> => {
    if (maker === null || plainModel(model) !== plainModel(maker.model)) return 0;
    const made = await maker.embed(text, AbortSignal.timeout(askMs)).catch(() => null);
    return made !== null && made.length === vector.length && cosine(made, vector) >= likenessMin ? made.length : 0;
  };
  const judge = async (record: TransferRecord, vector: TransferVector, text: string): Promise<TransferRecord> => {
    const numbers = numbersOf(vector);
    const { place } = record;
    const size = sizes.get(vector.model) ?? (await sizeKept(vector.model, text, numbers));
    sizes.set(vector.model, size);
    if (maker !== null && size > 0 && size === numbers.length) {
      report.note({ place, severity: 'note', why: `A vector was kept as one of ${maker.name}.` });
      return withVector(record, { ...vector, model: maker.name });
    }
    report.note({ place, severity: 'note', why: `A vector of the model ${vector.model} is made anew here.` });
    return withVector(record, undefined);
  };
  return async (records) => {
    const judged: TransferRecord[] = [];
    for (const record of records) {
      const isOfText = record.kind === 'passage' || record.kind === 'library-passage';
      const vector = isOfText ? record.value.vector : undefined;
      judged.push(isOfText && vector !== undefined ? await judge(record, vector, record.value.text) : record);
    }
    return judged;
  };
}

/** The form in which a vector is taken along. */
export function toVector(model: string, numbers: Float32Array): TransferVector {
  const bytes = Buffer.alloc(numbers.length * Float32Array.BYTES_PER_ELEMENT);
  numbers.forEach((number, index) => bytes.writeFloatLE(number, index * Float32Array.BYTES_PER_ELEMENT));
  return { model, base64: bytes.toString('base64') };
}

function numbersOf({ base64 }: TransferVector): Float32Array {
  const bytes = Buffer.from(base64, 'base64');
  return Float32Array.from({ length: Math.floor(bytes.length / 4) }, (_, index) => bytes.readFloatLE(index * 4));
}

function withVector(record: TransferRecord, vector: TransferVector | undefined): TransferRecord {
  const { vector: _, ...value } = record.value as typeof record.value & { vector?: TransferVector };
  // A record of the same kind with the same fields, and a vector or none.
  return { ...record, value: vector === undefined ? value : { ...value, vector } } as unknown as TransferRecord;
}

function cosine(left: Float32Array, right: Float32Array): number {
  let [product, ofLeft, ofRight] = [0, 0, 0];
  for (const [index, value] of left.entries()) {
    const other = right[index] ?? 0;
    product += value * other;
    ofLeft += value * value;
    ofRight += other * other;
  }
  return product / (Math.sqrt(ofLeft * ofRight) || 1);
}
