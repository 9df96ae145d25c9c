/** A passage of a text that resembles what was looked for. */
export interface NearText {
  /** The line it begins on, counted from 1. */
  line: number;
  text: string;
}

/** The share of character pairs that must be common before two texts count as near. */
const likenessMin = 0.4;
/** Characters of the searched text that are compared; the rest hardly changes which place is nearest. */
const comparedCharsMax = 400;
/** Characters shown on each side of the nearest place. */
const marginChars = 40;

/**
 * The place of a text that resembles the search most, compared by pairs of characters without regard to case, with a
 * little of what stands around it. Null where nothing is near. The work is a small multiple of the text's length.
 */
export function nearestText(text: string, search: string): NearText | null {
  const characters = Array.from(text);
  const sought = Array.from(search.trim().toLowerCase()).slice(0, comparedCharsMax);
  if (characters.length === 0 || sought.length === 0) return null;
  const lowered = characters.map((character) => character.toLowerCase());
  const pairs = pairsOf(sought);
  const step = Math.max(1, Math.floor(sought.length / 4));
  let best = { at: -1, likeness: 0 };
  for (let at = 0; at === 0 || at <= lowered.length - sought.length + step; at += step) {
    const likeness = likenessOf(pairs, pairsOf(lowered.slice(at, at + sought.length)));
    if (likeness > best.likeness) best = { at, likeness };
  }
  if (best.likeness < likenessMin) return null;
  const from = Math.max(0, best.at - marginChars);
  const to = Math.min(characters.length, best.at + sought.length + marginChars);
  return { line: lineAt(characters, best.at), text: excerptOf(characters, from, to) };
}

/** The beginning of a text, with a mark where it goes on. */
export function beginningOf(text: string, charsMax: number): string {
  const characters = Array.from(text);
  return excerptOf(characters, 0, Math.min(characters.length, charsMax));
}

function excerptOf(characters: string[], from: number, to: number): string {
  const before = from > 0 ? '…' : '';
  const after = to < characters.length ? '…' : '';
  return before + characters.slice(from, to).join('') + after;
}

function lineAt(characters: string[], at: number): number {
  return characters.slice(0, at).filter((character) => character === '\n').length + 1;
}

function pairsOf(characters: string[]): Map<string, number> {
  const pairs = new Map<string, number>();
  characters.forEach((character, index) => {
    const pair = character + (characters[index + 1] ?? '');
    pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
  });
  return pairs;
}

function likenessOf(left: Map<string, number>, right: Map<string, number>): number {
  let common = 0;
  for (const [pair, count] of left) common += Math.min(count, right.get(pair) ?? 0);
  return (2 * common) / (sizeOf(left) + sizeOf(right));
}

function sizeOf(pairs: Map<string, number>): number {
  let size = 0;
  for (const count of pairs.values()) size += count;
  return size;
}
