import { readLines } from '../lines.js';
import type { SourceFile } from '../reader.js';
import { encodingOf, readText } from './encoding.js';
import { isJson, type Json } from './json.js';

/*
 * Tables of messages, as scripts and spreadsheets write them: a line with the names of the columns, and a row for each
 * message.
 */

/** A row of a table, with the line on which it begins. */
export interface CsvRow {
  cells: string[];
  line: number;
}

/** What is wrong with a table. */
export class CsvFault extends Error {
  override name = 'CsvFault';

  constructor(
    message: string,
    readonly line: number,
  ) {
    super(message);
  }
}

/** Characters of a row that is read. */
const rowCharsMax = 16 * 1024 * 1024;

/** Takes a table apart, piece by piece. Throws `CsvFault` where a row is too long, or a quotation has no end. */
export class CsvRows {
  private cells: string[] = [];
  private cell = '';
  private chars = 0;
  private line = 1;
  private rowLine = 1;
  /** `closed`: behind a quotation mark that ends the quotation, or is the first of two that stand for one. */
  private state: 'plain' | 'quoted' | 'closed' = 'plain';

  /** What ends a cell or a row, begins a quotation, or is passed over, outside a quotation. */
  private readonly marks: RegExp;

  constructor(private readonly separator: string) {
    this.marks = new RegExp(`["\\r\\n${separator}]`, 'gu');
  }

  *write(text: string): Generator<CsvRow> {
    let at = 0;
    while (at < text.length) {
      const next = this.nextMark(text, at);
      if (next > at) this.take(text.slice(at, next));
      if (next < text.length) yield* this.mark(text.charAt(next));
      at = next + 1;
    }
  }

  /** Where the next character stands that means something besides itself. */
  private nextMark(text: string, from: number): number {
    this.marks.lastIndex = from;
    const found = this.state === 'quoted' ? text.indexOf('"', from) : (this.marks.exec(text)?.index ?? -1);
    return found === -1 ? text.length : found;
  }

  /** Takes plain text in whole pieces: a cell of single characters would be many times as large. */
  private take(text: string): void {
    this.chars += text.length;
    if (this.chars > rowCharsMax) throw new CsvFault('A row is larger than any that is read.', this.rowLine);
    this.line += text.split('\n').length - 1;
    this.cell += text;
    if (this.state === 'closed') this.state = 'plain';
  }

  private *mark(character: string): Generator<CsvRow> {
    if (this.state === 'quoted') this.state = 'closed';
    else if (character === '"' && (this.state === 'closed' || this.cell === '')) {
      if (this.state === 'closed') this.cell += '"';
      this.state = 'quoted';
    } else if (character === this.separator) this.endCell();
    else if (character === '\n') {
      this.line += 1;
      yield* this.endRow();
    } else if (character === '"') this.cell += '"';
  }

  *end(): Generator<CsvRow> {
    if (this.state === 'quoted') throw new CsvFault('The file ends inside a quotation.', this.rowLine);
    yield* this.endRow();
  }

  private endCell(): void {
    this.cells.push(this.cell);
    this.cell = '';
    this.state = 'plain';
  }

  private *endRow(): Generator<CsvRow> {
    const isEmpty = this.cells.length === 0 && this.cell === '' && this.state === 'plain';
    this.endCell();
    if (!isEmpty) yield { cells: this.cells, line: this.rowLine };
    this.cells = [];
    this.chars = 0;
    this.rowLine = this.line;
  }
}

/** The columns of a table of messages, by the names that the API has for what stands in them. */
const columnNames: readonly (readonly [name: string, spellings: readonly string[]])[] = [
  ['thread_id', ['thread_id', 'thread', 'conversation_id']],
  ['id', ['message_id', 'msg_id', 'id']],
  ['role', ['role', 'from', 'sender', 'author']],
  ['content', ['content', 'text', 'message', 'value']],
  ['created_at', ['created_at', 'created', 'timestamp', 'time', 'date']],
  ['assistant_id', ['assistant_id']],
  ['run_id', ['run_id']],
];

/** A table of messages. */
export interface CsvTable {
  separator: string;
  /** Where in a row each thing stands, by the API's names. */
  columns: ReadonlyMap<string, number>;
}

/** Characters of the line with the names. */
const headCharsMax = 65_536;

/** Tells by its first line whether a file is a table of messages; null where it is none. */
export async function csvTableOf(file: SourceFile): Promise<CsvTable | null> {
  if (!isCsv(file)) return null;
  let first = '';
  for await (const { text } of readLines(file.path, headCharsMax)) {
    first = text;
    break;
  }
  const separator = [',', ';', '\t'].sort((left, right) => first.split(right).length - first.split(left).length)[0];
  const names = first.split(separator ?? ',').map(plainName);
  const columns = new Map(
    columnNames.flatMap(([name, spellings]) => {
      const index = spellings.map((each) => names.indexOf(each)).find((found) => found >= 0);
      return index === undefined ? [] : [[name, index] as const];
    }),
  );
  const isTalk = columns.has('role') && columns.has('content');
  // Any table may be a document that an assistant was given.
  const isOfThread = columns.has('thread_id') || /thread_[A-Za-z0-9]/u.test(file.name);
  return isTalk && isOfThread ? { separator: separator ?? ',', columns } : null;
}

/** True for a file that says it is a table. */
export function isCsv({ name }: Pick<SourceFile, 'name'>): boolean {
  return /\.(?:csv|tsv)$/iu.test(name);
}

function plainName(name: string): string {
  const words = name
    .trim()
    .replaceAll('"', '')
    .replaceAll(/(?<=[a-z])(?=[A-Z])/gu, '_');
  return words.replaceAll(/[\s-]+/gu, '_').toLowerCase();
}

/** The messages of a table, each with its line. Throws `CsvFault`. */
export async function* csvMessages(
  file: SourceFile,
  { separator, columns }: CsvTable,
): AsyncGenerator<{ value: Json; line: number }> {
  const rows = new CsvRows(separator);
  let isHead = true;
  const told = function* (found: Iterable<CsvRow>): Generator<{ value: Json; line: number }> {
    for (const { cells, line } of found) {
      if (!isHead) yield { value: messageIn(cells, columns), line };
      isHead = false;
    }
  };
  for await (const text of readText(file.path, await encodingOf(file.path))) yield* told(rows.write(text));
  yield* told(rows.end());
}

function messageIn(cells: readonly string[], columns: CsvTable['columns']): Json {
  const entries = [...columns].map(([name, index]) => [name, cells[index] ?? ''] as const);
  const message: Json = Object.fromEntries(entries.filter(([name, cell]) => cell !== '' || name === 'content'));
  // The number of a row is no id: it is another row's in another table.
  if (!/^msg_/u.test(String(message['id'] ?? ''))) delete message['id'];
  return { ...message, content: contentIn(String(message['content'] ?? '')) };
}

/** Content in parts, where a script wrote the parts as JSON; else the words themselves. */
function contentIn(cell: string): unknown {
  if (!/^\s*\[\s*\{/u.test(cell)) return cell;
  try {
    const parts: unknown = JSON.parse(cell);
    const isContent = Array.isArray(parts) && parts.every((part) => isJson(part) && 'type' in part);
    return isContent ? parts : cell;
  } catch {
    return cell;
  }
}
