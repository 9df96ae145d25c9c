import { estimateTokens } from '../domain/tokens.js';

/** True where the unit at this place begins a surrogate pair. */
function beginsPair(text: string, index: number): boolean {
  const unit = text.charCodeAt(index);
  return unit >= 0xd800 && unit <= 0xdbff;
}

/** True where the unit at this place ends a surrogate pair. */
function endsPair(text: string, index: number): boolean {
  const unit = text.charCodeAt(index);
  return unit >= 0xdc00 && unit <= 0xdfff;
}

/** The first characters of a text, never half a surrogate pair. `charsMax` counts UTF-16 units, as do all cuts here. */
export function cutEnd(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text;
  const end = Math.max(0, charsMax);
  return text.slice(0, end > 0 && beginsPair(text, end - 1) ? end - 1 : end);
}

/**
 * A text of at most `charsMax` characters that keeps the beginning and the end, with a note in the middle that says how
 * long the whole was. A limit too small for the note leaves the beginning alone. Shorter texts come back as they are.
 */
export function cutMiddle(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text;
  const note = `\n[… shortened: the whole text has ${text.length} characters …]\n`;
  const room = charsMax - note.length;
  if (room < 2) return cutEnd(text, charsMax);
  const head = cutEnd(text, Math.ceil((room * 2) / 3));
  const from = text.length - Math.floor(room / 3);
  const tail = text.slice(endsPair(text, from) ? from + 1 : from);
  return head + note + tail;
}

/** A text of about so many tokens at the most, cut as `cutMiddle` cuts. */
export function cutToTokens(text: string, tokensMax: number): string {
  // No unit of a text is much more than a token.
  if (text.length * 1.2 <= tokensMax) return text;
  const tokens = estimateTokens(text);
  return tokens <= tokensMax ? text : cutMiddle(text, Math.floor((text.length * tokensMax) / tokens));
}
