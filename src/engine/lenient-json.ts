import { jsonrepair } from 'jsonrepair';

/**
 * How long a text may be that is mended by guessing, and how many quotation marks it may hold. The library's time grows
 * with the square of the quotes: 2,000 of them at the ends of lines took 3 seconds in which nothing else ran, and
 * 256,000 in a row took 15. Within these bounds the worst found takes some 100 milliseconds.
 */
const guessedCharsMax = 16_000;
const guessedQuotesMax = 256;

/** The value of a JSON text, or undefined where it is not JSON; JSON has no undefined of its own. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/**
 * The value of a text that was meant to be JSON, or undefined. Raw control characters inside strings are read in texts
 * of any length; the other faults of models (trailing commas, single quotes, a missing end) in short ones.
 */
export function readLenientJson(text: string): unknown {
  const value = readJson(text) ?? readJson(escapeControls(text));
  if (value !== undefined || !isGuessable(text)) return value;
  try {
    return readJson(jsonrepair(text));
  } catch {
    return undefined;
  }
}

function isGuessable(text: string): boolean {
  if (text.length > guessedCharsMax) return false;
  return (text.match(/["'`\u00b4\u2018\u2019\u201c\u201d]/g) ?? []).length <= guessedQuotesMax;
}

/** True for a JSON object: not null, not an array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Writes raw control characters inside strings as JSON wants them, in one pass. */
function escapeControls(text: string): string {
  let result = '';
  let copied = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === 0x22) inString = !inString;
    else if (inString && code === 0x5c) index += 1;
    else if (inString && code < 0x20) {
      result += `${text.slice(copied, index)}\\u${code.toString(16).padStart(4, '0')}`;
      copied = index + 1;
    }
  }
  return result + text.slice(copied);
}
