import { AppError } from '../../domain/errors.js';
import { noContent } from '../../domain/file.js';
import type { TransferKind } from '../../domain/transfer.js';
import { readLines, type Line } from '../lines.js';
import type { Reader, SourceFile } from '../reader.js';
import type { Problem, RecordOf, TransferRecord } from '../record.js';
import { FileBytes } from './file-bytes.js';
import { bundleLine, bundleVersion, headerLine, valueSchemas } from './schemas.js';

/** Reads what an export wrote. Whatever in it is not as it was written is damage. */
export const bundleReader: Reader = {
  recognises: async ({ files }) => {
    const bundles: string[] = [];
    for (const { name, path } of files) if (await beginsAsBundle(path)) bundles.push(name);
    return bundles;
  },
  async *read({ files, workspace }) {
    const [file] = files;
    if (file === undefined || files.length > 1) throw new AppError('invalid_request', 'A bundle is one file.');
    const reading = new BundleReading(file, new FileBytes(workspace));
    for await (const line of readLines(file.path)) {
      const read = await reading.take(line);
      if (read !== null) yield read;
    }
    const left = reading.end();
    if (left !== null) yield left;
  },
};

/** Characters of a first line that may be a header. */
const headerCharsMax = 1_000;

async function beginsAsBundle(path: string): Promise<boolean> {
  for await (const { text } of readLines(path, headerCharsMax)) return headerLine.safeParse(parsed(text)).success;
  return false;
}

/** A line that holds a thing. */
interface ThingLine {
  kind: string;
  owner?: string;
  value: Record<string, unknown>;
}

class BundleReading {
  private isWhole = false;
  /** The file whose bytes are being read. */
  private open: RecordOf<'file'> | null = null;

  constructor(
    private readonly file: SourceFile,
    private readonly bytes: FileBytes,
  ) {}

  /** What a line comes to: a record, a problem, or nothing yet. */
  async take(line: Line): Promise<TransferRecord | Problem | null> {
    if (line.number === 1) return this.checkHeader(line);
    if (this.isWhole) return this.broken(line.number, 'Something follows the end of the bundle.');
    const told = parseLine(line);
    if (typeof told === 'string') return this.broken(line.number, told);
    if ('base64' in told) return this.takeBytes(line.number, told.base64);
    if (this.open !== null) {
      this.open = null;
      return this.broken(line.number, 'The bytes of the file before are not whole.');
    }
    if ('value' in told) return this.takeThing(line.number, told);
    this.isWhole = true;
    return told.lines === line.number - 1 ? null : this.broken(line.number, 'Lines are missing before this one.');
  }

  /** What is missing once there are no more lines. */
  end(): Problem | null {
    return this.isWhole ? null : this.broken(null, 'The bundle ends before its last line.');
  }

  private checkHeader(line: Line): null {
    const header = headerLine.safeParse(parsed(line.text));
    if (!header.success) throw new AppError('invalid_request', `The file ${this.file.name} is no bundle.`);
    if (header.data.version <= bundleVersion) return null;
    const message = `The bundle ${this.file.name} was written by a newer version of the program.`;
    throw new AppError('invalid_request', message);
  }

  private async takeThing(number: number, { kind, owner, value }: ThingLine): Promise<TransferRecord | Problem | null> {
    if (!isKind(kind)) return this.broken(number, 'This program knows no such kind of thing.');
    const result = valueSchemas[kind].safeParse(value);
    if (!result.success) {
      const [issue] = result.error.issues;
      return this.broken(number, `The ${kind} is not as it should be at '${issue?.path.join('.') ?? ''}'.`);
    }
    const place = { file: this.file.name, line: number, at: null };
    // The schema of a kind describes the values of that kind.
    const record = { kind, place, ownerId: owner ?? null, value } as unknown as TransferRecord;
    if (record.kind !== 'file') return record;
    const { bytes, sha256, ...found } = value as unknown as { bytes: number; sha256: string } & typeof record.value;
    if (sha256 === noContent) return { ...record, value: { ...found, content: null } };
    const content = await this.bytes.begin({ bytes, sha256 });
    this.open = { ...record, value: { ...found, content } };
    return bytes === 0 ? this.finished() : null;
  }

  private async takeBytes(number: number, base64: string): Promise<TransferRecord | Problem | null> {
    if (this.open === null) return this.broken(number, 'These bytes belong to no file.');
    const state = await this.bytes.add(Buffer.from(base64, 'base64'));
    if (state === 'more') return null;
    if (state === 'whole') return this.finished();
    this.open = null;
    return this.broken(number, 'The bytes of this file are not those it was written with.');
  }

  private finished(): TransferRecord | null {
    const record = this.open;
    this.open = null;
    return record;
  }

  private broken(line: number | null, why: string): Problem {
    return { kind: 'problem', place: { file: this.file.name, line, at: null }, severity: 'broken', why };
  }
}

function isKind(kind: string): kind is TransferKind {
  return Object.hasOwn(valueSchemas, kind);
}

/** What a line says, or why it says nothing. */
function parseLine({ text, isCut }: Line) {
  if (isCut) return 'This line is longer than any that is read.';
  const value = parsed(text);
  if (value === undefined) return 'This line is no JSON.';
  const line = bundleLine.safeParse(value);
  return line.success ? line.data : 'This line is none of a bundle.';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
