import { cleanDeep, cleanText } from '../../domain/storable-text.js';

const escapedUnstorable = /\\u(?:0000|d[89a-f])/;

/** The parameters of a statement as they are bound. Both drivers pass everything through here. */
export function cleanParameters(parameters: readonly unknown[]): unknown[] {
  return parameters.map((value) => (typeof value === 'string' ? cleanText(value) : value));
}

/** A value as JSON text, its strings cleaned like every other text. */
export function toJson(value: unknown): string {
  const text = JSON.stringify(value);
  // An escape can stand for an unstorable character, or be somebody's text about one: only then is it worth a walk.
  return escapedUnstorable.test(text) ? JSON.stringify(cleanDeep(value)) : text;
}

/** Reads what `toJson` wrote. */
export function fromJson<T>(text: string): T {
  return JSON.parse(text) as T;
}

/** `toJson`, with null as a null of the column. */
export function toJsonOrNull(value: unknown): string | null {
  return value === null || value === undefined ? null : toJson(value);
}

/** `fromJson` of a column that may be null. */
export function fromJsonOrNull<T>(text: string | null): T | null {
  return text === null ? null : fromJson<T>(text);
}

/** Truth as both databases keep it. */
export function toFlag(value: boolean): number {
  return value ? 1 : 0;
}

/** Cuts a list into parts that fit the parameters of one statement. */
export function chunksOf<T>(items: readonly T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let start = 0; start < items.length; start += size) chunks.push(items.slice(start, start + size));
  return chunks;
}
