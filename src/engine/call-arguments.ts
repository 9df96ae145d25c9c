import { isRecord, readJson, readLenientJson } from './lenient-json.js';

/** Arguments of a call, read. `repaired` where the model's text was not the JSON object it should have been. */
export type ParsedArguments =
  { ok: true; value: Record<string, unknown>; repaired: boolean } | { ok: false; error: string };

/**
 * Reads the arguments of a call as models write them: strict JSON first, then the first of several objects glued
 * together, then JSON with its usual faults mended (trailing commas, single quotes, raw line breaks, a missing end).
 * Never throws. An empty text means no arguments. The error is a sentence for the model.
 */
export function parseArguments(text: string): ParsedArguments {
  const trimmed = text.trim();
  if (trimmed === '') return { ok: true, value: {}, repaired: false };
  const strict = readJson(trimmed);
  if (strict !== undefined) return fromStrict(strict);
  const glued = firstObject(trimmed);
  const value = (glued === null ? undefined : readJson(glued)) ?? readLenientJson(trimmed);
  if (isRecord(value)) return { ok: true, value, repaired: true };
  return { ok: false, error: 'The arguments are not valid JSON. Send one JSON object with the arguments by name.' };
}

function fromStrict(value: unknown): ParsedArguments {
  if (isRecord(value)) return { ok: true, value, repaired: false };
  // Some models write `null` for no arguments, or encode the object twice.
  if (value === null) return { ok: true, value: {}, repaired: true };
  const inner = typeof value === 'string' ? readJson(value) : undefined;
  if (isRecord(inner)) return { ok: true, value: inner, repaired: true };
  const found = Array.isArray(value) ? 'an array' : `a ${typeof value}`;
  return { ok: false, error: `The arguments must be one JSON object with the arguments by name, not ${found}.` };
}

/** The first of several objects that follow one another, or null where the text is not of that form. */
function firstObject(text: string): string | null {
  if (!text.startsWith('{')) return null;
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (inString) {
      if (character === '\\') index += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{') depth += 1;
    else if (character === '}') {
      depth -= 1;
      if (depth === 0)
        return text
          .slice(index + 1)
          .trimStart()
          .startsWith('{')
          ? text.slice(0, index + 1)
          : null;
    }
  }
  return null;
}

export { ArgumentStream, type ArgumentDelta } from './argument-stream.js';
