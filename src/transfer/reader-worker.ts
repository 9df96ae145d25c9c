import { parentPort, workerData } from 'node:worker_threads';
import { AppError } from '../domain/errors.js';
import { readerOf } from './formats.js';
import { recogniseFormat } from './recognise.js';
import type { ReaderOrder, ReaderWord } from './reader-thread.js';
import type { Problem, TransferRecord } from './record.js';

/*
 * The thread that reads an export. It stays one batch ahead of whoever takes them in.
 */

/** Records of a batch, and characters of all their texts. */
const recordsPerBatch = 250;
const charsPerBatch = 1_000_000;

const port = parentPort;
let goOn: () => void = () => undefined;
port?.on('message', () => goOn());

await readAll(workerData as ReaderOrder);

async function readAll({ format, source }: ReaderOrder): Promise<void> {
  const tell = (word: ReaderWord): void => port?.postMessage(word);
  let items: (TransferRecord | Problem)[] = [];
  let chars = 0;
  const hand = async (): Promise<void> => {
    const told = new Promise<void>((resolve) => (goOn = resolve));
    tell({ type: 'batch', items });
    items = [];
    chars = 0;
    await told;
  };
  try {
    if (format === null) {
      tell({ type: 'format', format: await recogniseFormat(source) });
      return;
    }
    const reader = await readerOf(format);
    // The thread is ended as a whole where nobody wants to hear more.
    for await (const item of reader.read(source, new AbortController().signal)) {
      items.push(item);
      chars += charsIn(item);
      if (items.length >= recordsPerBatch || chars >= charsPerBatch) await hand();
    }
    if (items.length > 0) await hand();
    tell({ type: 'end' });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    tell({ type: 'fault', code: error instanceof AppError ? error.code : null, message });
  }
  port?.close();
}

/** Characters of all texts in a value. */
function charsIn(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  let chars = 0;
  for (const each of Object.values(value)) chars += charsIn(each);
  return chars;
}
