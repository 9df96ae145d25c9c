const unstorable = /[\0\p{Cs}]/u;

/**
 * Text as both databases can keep it: without U+0000, which PostgreSQL refuses, and with U+FFFD in the place of a
 * surrogate that has lost its other half, which has no UTF-8.
 */
export function cleanText(text: string): string {
  if (!unstorable.test(text)) return text;
  return text.replace(/[\0\p{Cs}]/gu, (character) => (character === '\0' ? '' : '\uFFFD'));
}

/** A value of JSON with every text in it as it can be kept. */
export function cleanDeep(value: unknown): unknown {
  if (typeof value === 'string') return cleanText(value);
  if (Array.isArray(value)) return value.map(cleanDeep);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [cleanText(key), cleanDeep(entry)]));
}

/** True where both databases keep a value of JSON as it is. */
export function isStorable(value: unknown): boolean {
  if (typeof value === 'string') return !unstorable.test(value);
  if (value === null || typeof value !== 'object') return true;
  if (Array.isArray(value)) return value.every(isStorable);
  return Object.entries(value).every(([key, entry]) => isStorable(key) && isStorable(entry));
}
