/**
 * How a text is cut into passages. `window` cuts pieces of a size that overlap, wherever a word ends; `sentences` fills
 * pieces with whole sentences and overlaps nothing.
 */
export interface Chunking {
  kind: 'window' | 'sentences';
  /** Tokens of a piece at the most. */
  maxTokens: number;
  /** Tokens that a piece has in common with the one before it. */
  overlapTokens: number;
}

/** What a vector store does unless it is told otherwise. */
export const windowChunking: Chunking = { kind: 'window', maxTokens: 800, overlapTokens: 400 };

/** What a source of the native face does. */
export const sentenceChunking: Chunking = { kind: 'sentences', maxTokens: 300, overlapTokens: 0 };

/** Cuts a text that arrives in pieces. Holds no more of it than one passage and what has just been written. */
export interface Chunker {
  /** Takes more text; the passages that are complete with it. */
  write(text: string): string[];
  /** The passages that are left. */
  end(): string[];
}

/** Makes a chunker. Passages are trimmed, and never blank; joined, they hold every word of the text. */
export function createChunker(chunking: Chunking): Chunker {
  let pending: Unit[] = [];
  let pendingTokens = 0;
  /** Tokens at the head of `pending` that were in the passage before. */
  let fresh = false;
  let rest = '';

  const flush = (): string[] => {
    const text = pending.map((unit) => unit.text).join('');
    const passages = fresh && text.trim() !== '' ? [text.trim()] : [];
    pending = tailOf(pending, chunking.overlapTokens);
    pendingTokens = pending.reduce((sum, unit) => sum + unit.tokens, 0);
    fresh = false;
    return passages;
  };
  const take = (units: readonly Unit[]): string[] => {
    const passages: string[] = [];
    for (const unit of units) {
      if (pending.length > 0 && pendingTokens + unit.tokens > chunking.maxTokens) {
        passages.push(...flush());
        // What is carried over must leave room for what is new.
        while (pending.length > 0 && pendingTokens + unit.tokens > chunking.maxTokens) {
          pendingTokens -= pending.shift()?.tokens ?? 0;
        }
      }
      pending.push(unit);
      pendingTokens += unit.tokens;
      fresh = true;
    }
    return passages;
  };
  return {
    write: (text) => {
      rest += text;
      const { units, left } = unitsOf(rest, chunking, false);
      rest = left;
      return take(units);
    },
    end: () => {
      const { units } = unitsOf(rest, chunking, true);
      rest = '';
      return [...take(units), ...flush()];
    },
  };
}

/** The passages of a whole text. */
export function chunksOfText(text: string, chunking: Chunking): string[] {
  const chunker = createChunker(chunking);
  return [...chunker.write(text), ...chunker.end()];
}

/** The smallest piece that is never cut: a word with the space behind it, or a sentence. */
interface Unit {
  text: string;
  tokens: number;
}

const bytesPerToken = 4;
/** A word longer than this is cut: no language needs it, and a line of base64 has no end. */
const wordBytesMax = 64 * bytesPerToken;

const wordForm = /\S+\s*|\s+/gu;
/** A sentence ends with its mark and a space, or with an empty line. */
const sentenceForm = /[^]*?(?:[.!?…]["'”’)\]]*\s+|[。！？]|\n\s*\n|$)/gu;

/** The units of a text; `left` is what may still grow when more text comes. */
function unitsOf(text: string, chunking: Chunking, isWhole: boolean): { units: Unit[]; left: string } {
  const pieces = (chunking.kind === 'sentences' ? text.match(sentenceForm) : text.match(wordForm)) ?? [];
  const whole = pieces.filter((piece) => piece !== '');
  // The last piece may go on in the text to come, unless it is longer than any passage already.
  const last = isWhole ? undefined : whole.at(-1);
  const holdsBack = last !== undefined && last.length <= chunking.maxTokens * bytesPerToken;
  const settled = holdsBack ? whole.slice(0, -1) : whole;
  return {
    units: settled.flatMap((piece) => toUnits(piece, chunking)),
    left: holdsBack ? (last ?? '') : '',
  };
}

function toUnits(piece: string, chunking: Chunking): Unit[] {
  const tokens = tokensOf(piece);
  if (chunking.kind === 'sentences') {
    if (tokens <= chunking.maxTokens) return [{ text: piece, tokens }];
    return (piece.match(wordForm) ?? []).flatMap((word) => toUnits(word, { ...chunking, kind: 'window' }));
  }
  if (tokens * bytesPerToken <= wordBytesMax) return [{ text: piece, tokens }];
  const characters = Array.from(piece);
  const units: Unit[] = [];
  for (let start = 0; start < characters.length; start += wordBytesMax / bytesPerToken) {
    const text = characters.slice(start, start + wordBytesMax / bytesPerToken).join('');
    units.push({ text, tokens: tokensOf(text) });
  }
  return units;
}

/** A measure of its own, plain enough that pieces add up to their whole and a text is always cut in the same places. */
function tokensOf(text: string): number {
  return Buffer.byteLength(text, 'utf8') / bytesPerToken;
}

/** The last units that together have no more than so many tokens. */
function tailOf(units: readonly Unit[], tokens: number): Unit[] {
  if (tokens <= 0) return [];
  let sum = 0;
  let start = units.length;
  while (start > 0) {
    sum += units[start - 1]?.tokens ?? 0;
    if (sum > tokens) break;
    start -= 1;
  }
  return units.slice(start);
}
