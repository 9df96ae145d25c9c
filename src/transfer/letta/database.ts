import type { Row } from './cells.js';

/** Which rows of a table are read, and in which order. */
export interface RowQuery {
  table: string;
  /** Those that the table has not are passed over. */
  columns: readonly string[];
  /** What columns must hold; null is the database's own null. */
  where?: Readonly<Record<string, string | null>>;
  order?: readonly string[];
}

/** An old database, opened to be read only, as it stood at one moment. */
export interface LettaDatabase {
  /** What reports call it. Never a path or an address. */
  name: string;
  /** True where a table is there, and has this column. */
  has(table: string, column?: string): boolean;
  /** Rows one by one. A cell that is too large to be read is null, and its row says so under `tooLarge`. */
  rows(query: RowQuery): AsyncIterable<Row>;
  close(): Promise<void>;
}

/** The columns of each table. */
export type Tables = ReadonlyMap<string, ReadonlySet<string>>;

/** Characters, or bytes, of one cell that are read. */
export const cellMax = 16_000_000;

/** A column of every answer: whether one of the row's cells was too large. */
export const tooLarge = 'tooLarge';

/** How a database writes what differs between them. */
export interface Spelling {
  /** The column as it is to arrive. */
  cell(column: string): string;
  /** The mark of the parameter of this number, counted from 1. */
  parameter(number: number): string;
  /** False where a column cannot hold a value, which the database would refuse to compare; absent is true. */
  holds?(table: string, column: string, value: string): boolean;
}

/** A value as it may stand in a database: a UUID with dashes, or without. */
function spellingsOf(value: string): string[] {
  return isUuid(value) ? [value, value.replaceAll('-', '')] : [value];
}

/** True for a UUID with its dashes. */
export function isUuid(value: string): boolean {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/iu.test(value);
}

/**
 * Puts a query into words. Tables and columns come from the program and from the database itself, and are quoted. A
 * column that the table has not holds nothing; a UUID is found in both of its spellings.
 */
export function sqlOf(query: RowQuery, tables: Tables, spelling: Spelling): { sql: string; parameters: string[] } {
  const known = tables.get(query.table) ?? new Set();
  const columns = query.columns.filter((column) => known.has(column));
  const order = (query.order ?? []).filter((column) => known.has(column));
  const cells = columns.map((column) => {
    const cell = spelling.cell(quoted(column));
    return `case when length(${cell}) <= ${cellMax} then ${cell} end as ${quoted(column)}`;
  });
  const sizes = columns.map((column) => `coalesce(length(${spelling.cell(quoted(column))}), 0) > ${cellMax}`);
  const parameters: string[] = [];
  const conditions = Object.entries(query.where ?? {}).flatMap(([column, value]) => {
    if (!known.has(column)) return value === null ? [] : ['1 = 0'];
    if (value === null) return [`${quoted(column)} is null`];
    const spellings = spellingsOf(value).filter((each) => spelling.holds?.(query.table, column, each) ?? true);
    if (spellings.length === 0) return ['1 = 0'];
    const marks = spellings.map((each) => spelling.parameter(parameters.push(each)));
    return [`${quoted(column)} in (${marks.join(', ')})`];
  });
  const where = conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`;
  const by = order.length === 0 ? '' : ` order by ${order.map(quoted).join(', ')}`;
  const flags = `case when ${['1 = 0', ...sizes].join(' or ')} then 1 else 0 end as ${quoted(tooLarge)}`;
  return { sql: `select ${[...cells, flags].join(', ')} from ${quoted(query.table)}${where}${by}`, parameters };
}

/** A name of a table or column, in quotation marks. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** True where a table of agents is that of MemGPT or Letta, by its columns. */
export function holdsAgents(has: LettaDatabase['has']): boolean {
  return has('agents', 'state') || has('agents', 'message_ids');
}

/** The first row, or null where there is none. */
export async function firstRow(database: LettaDatabase, query: RowQuery): Promise<Row | null> {
  for await (const row of database.rows(query)) return row;
  return null;
}
