/*
 * Texts as the old servers' language wrote them. Clients of the legacy streams parse them, so the spelling matters.
 */

const named: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
const unprintable = /[\p{C}\p{Z}]/u;

/** A JSON value as a Python literal: `{'message': "It's fine", 'count': 2, 'more': None}`. */
export function toPythonLiteral(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return numberLiteral(value);
  if (typeof value === 'string') return stringLiteral(value);
  if (Array.isArray(value)) return `[${value.map(toPythonLiteral).join(', ')}]`;
  const members = Object.entries(value).map(([name, member]) => `${stringLiteral(name)}: ${toPythonLiteral(member)}`);
  return `{${members.join(', ')}}`;
}

/** A JSON value as JSON text with a space after every comma and colon, characters as they are. */
export function toPythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(toPythonJson).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([name, member]) => `${JSON.stringify(name)}: ${toPythonJson(member)}`);
  return `{${members.join(', ')}}`;
}

function numberLiteral(value: number): string {
  // Python begins to write exponents at 0.0001 and gives them two digits at least.
  const text = value !== 0 && Math.abs(value) < 1e-4 ? value.toExponential() : String(value);
  return text.replace(/e([+-])(\d)$/u, 'e$10$2');
}

function stringLiteral(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let inner = '';
  for (const character of text) inner += characterLiteral(character, quote);
  return quote + inner + quote;
}

function characterLiteral(character: string, quote: string): string {
  if (character === quote) return `\\${quote}`;
  const escape = named[character];
  if (escape !== undefined) return escape;
  if (character === ' ' || !unprintable.test(character)) return character;
  const hex = (character.codePointAt(0) ?? 0).toString(16);
  if (hex.length <= 2) return `\\x${hex.padStart(2, '0')}`;
  return hex.length <= 4 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}
