import { jsonrepair } from 'jsonrepair';

/**
 * The longest text that is mended by guessing. The library's time grows with the square of the length for a text full
 * of quotes: 256,000 of them took 15 seconds in which nothing else ran, 16,000 take some 60 milliseconds.
 */
const guessedCharsMax = 16_000;

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
  if (value !== undefined || text.length > guessedCharsMax) return value;
  try {
    return readJson(jsonrepair(text));
  } catch {
    return undefined;
  }
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
