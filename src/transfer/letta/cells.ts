/*
 * What stands in the cells of the old databases, whichever database and whichever release wrote it.
 */

/** A row by its columns; a column that the table does not have is absent. */
export type Row = Readonly<Record<string, unknown>>;

/** A text, or null where there is none. */
export function textIn(cell: unknown): string | null {
  if (typeof cell === 'string') return cell;
  if (typeof cell === 'number' || typeof cell === 'bigint') return String(cell);
  return cell instanceof Uint8Array ? Buffer.from(cell).toString('utf8') : null;
}

/**
 * A value of JSON. The database's own null, the JSON null, an empty text and what is no JSON are all null; a text that
 * holds JSON once more is read to its end.
 */
export function jsonIn(cell: unknown): unknown {
  const text = cell instanceof Uint8Array ? textIn(cell) : cell;
  if (typeof text !== 'string') return text ?? null;
  const value = parsed(text);
  return typeof value === 'string' ? (parsed(value) ?? value) : value;
}

/** An object, empty where there is none. */
export function objectIn(cell: unknown): Record<string, unknown> {
  const value = jsonIn(cell);
  return isObject(value) ? value : {};
}

/** A list, empty where there is none. */
export function listIn(cell: unknown): unknown[] {
  const value = jsonIn(cell);
  return Array.isArray(value) ? value : [];
}

/** The texts of a list. */
export function textsIn(cell: unknown): string[] {
  return listIn(cell).filter((each) => typeof each === 'string');
}

/** A finite number, or null. */
export function numberIn(cell: unknown): number | null {
  if (typeof cell === 'bigint') return Number(cell);
  const value = typeof cell === 'string' && cell.trim() !== '' ? Number(cell) : cell;
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** A flag in any of its spellings; what is none is false. */
export function flagIn(cell: unknown): boolean {
  return cell === true || cell === 1 || cell === 1n || cell === 'true' || cell === 't' || cell === '1';
}

/** An id: 32 hexadecimal digits and 16 bytes become a UUID again, everything else stays as it is. */
export function idIn(cell: unknown): string | null {
  if (cell instanceof Uint8Array && cell.length === 16) return fromLittleEndian(Buffer.from(cell));
  const text = textIn(cell)?.trim() ?? '';
  if (/^[0-9a-f]{32}$/iu.test(text)) return withDashes(text.toLowerCase());
  return text === '' ? null : text;
}

const moment = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(\.\d+)?\s*(Z|UTC|[+-]\d\d(?::?\d\d)?)?)?$/iu;

/**
 * A moment in milliseconds: seconds or milliseconds since the epoch, or a written time, which is UTC where it names no
 * zone. Null where it is none.
 */
export function timeIn(cell: unknown): number | null {
  const number = typeof cell === 'string' && !/^\d+(\.\d+)?$/u.test(cell) ? null : numberIn(cell);
  if (number !== null) return Math.round(number > 1e11 ? number : number * 1_000);
  const match = moment.exec(textIn(cell)?.trim() ?? '');
  if (match === null) return null;
  const [, day, clock = '00:00', fraction = '', zone = 'Z'] = match;
  const offset = /^[a-z]/iu.test(zone) ? 'Z' : `${zone.slice(0, 3)}:${zone.slice(3).replace(':', '').padEnd(2, '0')}`;
  const at = Date.parse(`${day}T${clock}${fraction.slice(0, 4)}${offset}`);
  return Number.isNaN(at) ? null : at;
}

/** True for an object of JSON. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Sixteen bytes in the order in which Python's `bytes_le` writes them. */
function fromLittleEndian(bytes: Buffer): string {
  const head = [bytes.subarray(0, 4), bytes.subarray(4, 6), bytes.subarray(6, 8)];
  const turned = head.map((group) => Buffer.from(group).reverse().toString('hex')).join('');
  return withDashes(turned + bytes.subarray(8).toString('hex'));
}

function withDashes(hex: string): string {
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
