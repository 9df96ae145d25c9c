/** A JSON object. */
export type Json = Record<string, unknown>;

/** True for an object that is no list. */
export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A list, or an empty one where there is none. */
export function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A text that says something, or null. */
export function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** A text, also an empty one, or null. */
export function stringOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** A number, or null. */
export function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** A value as one text, however it was kept. */
export function plainText(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === null || value === undefined ? '' : JSON.stringify(value);
}

/** Milliseconds since 1970 above which a number cannot be meant in seconds. */
const millisecondsFrom = 1e11;
const timeMax = 8.64e15;
const compactTime = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/u;

/**
 * A time in milliseconds, or null where it is none: seconds or milliseconds since 1970 as a number or a text, ISO text,
 * or digits from the year to the second. What names no zone is taken for UTC.
 */
export function readTime(value: unknown): number | null {
  if (typeof value === 'number') {
    const at = Math.round(Math.abs(value) < millisecondsFrom ? value * 1_000 : value);
    return Math.abs(at) <= timeMax ? at : null;
  }
  if (typeof value !== 'string') return null;
  const digits = compactTime.exec(value);
  if (digits !== null) {
    const [, year, month, day, hour, minute, second] = digits;
    return readTime(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  }
  if (/^\d+(\.\d+)?$/u.test(value)) return readTime(Number(value));
  const isZoned = /(?:[zZ]|[+-]\d\d:?\d\d)$/u.test(value) || !value.includes(':');
  const at = Date.parse(isZoned ? value : `${value.replace(' ', 'T')}Z`);
  return Number.isNaN(at) ? null : at;
}

/** A field's name as the API spells it, where an SDK spelled it in its own way. */
const spellings = [
  ...['createdAt', 'threadId', 'assistantId', 'runId', 'fileId', 'fileIds', 'vectorStoreId', 'toolResources', 'topP'],
  ...['responseFormat', 'hasMore', 'firstId', 'lastError', 'imageFile', 'imageUrl', 'startIndex', 'stepDetails'],
];
/** What belongs to the caller keeps its names. */
const callersOwn = new Set(['metadata', 'parameters', 'attributes', 'schema', 'json_schema']);

/** Names that begin with a capital, as .NET writes them. */
const capitalNames = [
  'Id',
  'Role',
  'Data',
  'Messages',
  'Threads',
  'Assistants',
  'Thread',
  'Runs',
  'Files',
  'VectorStores',
];

/** An object of an SDK with the names that the API has; any other as it is. */
export function asApiObject(object: Json): Json {
  const isRespelled = [...spellings, ...capitalNames].some((name) => Object.hasOwn(object, name));
  return isRespelled ? (respelled(object) as Json) : object;
}

function respelled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(respelled);
  if (!isJson(value)) return value;
  const entries = Object.entries(value).map(([name, field]) => {
    const isOtherwise = /^(?:[A-Z][a-z]*|[a-z]+)(?:[A-Z][a-z]*)*$/u.test(name);
    const spelled = isOtherwise ? name.replaceAll(/(?<=[a-z])(?=[A-Z])/gu, '_').toLowerCase() : name;
    return [spelled, callersOwn.has(spelled) ? field : respelled(field)] as const;
  });
  return Object.fromEntries(entries);
}
