import { reach } from './candidates.js';
import type { Holding } from './holders.js';
import { labelled } from './label.js';
import { createLexicon, type Lexicon } from './lexicon.js';
import { readTexts, type ReadText } from './reading.js';
import { createSense } from './sense.js';
import { namedSpeaker, passingOver, withNames } from './speakers.js';
import type { PlacedText } from './surroundings.js';
import { timeliness } from './told-then.js';
import { stemOf, tokensOf } from './tokens.js';
import { answersTo, type Wanted } from './wanted.js';

/** What speaks for a text, each between 0 and about 1. */
export interface Features {
  /** The query's words in the text itself. */
  own: number;
  /** The same in the text with some on each side of it, taken as one. */
  wide: number;
  /** The query's words in a question right before the text. */
  asked: number;
  /** Said by the one whom the query names. */
  by: number;
  /** Holds such a thing as is asked for: a time, a number, a name. */
  kind: number;
  /** How much is said at all, up to fifty words. */
  length: number;
  /** Only asks. */
  question: number;
  /** Words that stand side by side in the query and here. */
  pairs: number;
  /** Its words, and those of the texts before and after it, are used like the query's. */
  meaning: number;
  /** Said at a time that the query speaks of, or in the days after it. */
  then: number;
  /** Holds the whole query, of more than one word, as it stands. */
  quoted: number;
}

/** How much each feature counts: fitted to questions about long conversations, and rounded (decision 12). */
const weights: Features = {
  own: 2.1,
  wide: 4.2,
  asked: 2.2,
  by: 3.7,
  kind: 0.9,
  length: 2.8,
  question: -1.2,
  pairs: 2.3,
  meaning: 2.2,
  then: 3,
  quoted: 100,
};

/** BM25: how soon more of a word stops counting, and how much of a text's length counts. */
const saturation = 1.2;
const lengthShare = 0.75;

/** Texts further apart in time are no neighbours. */
const pauseMs = 3_600_000;

const longWords = 50;

/** Texts on each side that belong to what a text is about. */
const widely = 3;

/** Words that are remembered from one query to the next, about; past them the memory begins anew. */
const wordsKept = 50_000;
let kept: Lexicon | null = null;

function lexiconNow(): Lexicon {
  if (kept === null || kept.size() > wordsKept) kept = createLexicon();
  return kept;
}

/** What speaks for those texts of a pool that are asked about. The pool is in order of place and position. */
export function featuresOf(
  wanted: Wanted,
  holdings: readonly Holding[],
  pool: readonly PlacedText[],
  keys: ReadonlySet<number>,
): Map<number, Features> {
  const told = pool.map(labelled);
  const texts = withNames(told, wanted.tokens);
  const named = namedSpeaker(wanted, new Set(texts.map(({ label }) => label)));
  const nameWords = new Set(named === null ? [] : tokensOf(named));
  const name = new Set(Array.from(nameWords, stemOf));
  const others = holdings.filter(({ stem }) => !name.has(stem));
  // Who speaks is a matter of its own, unless nothing else is asked for.
  const terms = others.length > 0 ? others : holdings;
  const lexicon = lexiconNow();
  const read = readTexts(texts, { lexicon, stems: terms.map(({ stem }) => stem) });
  const sense = createSense(
    wanted.tokens.filter((token) => !nameWords.has(token)),
    read.filter((text) => keys.has(text.key)),
  );
  const judge = createJudge({ wanted, terms, read, named, sense, lexicon, passesOver: passingOver(told) });
  return new Map(read.flatMap((text, index) => (keys.has(text.key) ? [[text.key, judge(text, index)] as const] : [])));
}

/** The weighed sum of what speaks for a text. */
export function relevanceOf(features: Features): number {
  return (Object.keys(weights) as (keyof Features)[]).reduce((sum, name) => sum + weights[name] * features[name], 0);
}

interface Case {
  wanted: Wanted;
  terms: readonly Holding[];
  read: readonly ReadText[];
  named: string | null;
  sense: ReturnType<typeof createSense>;
  lexicon: Lexicon;
  passesOver: ReturnType<typeof passingOver>;
}

function createJudge({
  wanted,
  terms,
  read,
  named,
  sense,
  lexicon,
  passesOver,
}: Case): (text: ReadText, index: number) => Features {
  const average = Math.max(1, read.reduce((sum, text) => sum + text.words.length, 0) / read.length);
  const full = terms.reduce((sum, term) => sum + term.rarity, 0) || 1;
  const share = (texts: readonly ReadText[], usual = 1): number => bm25(terms, texts, usual * average) / full;
  const pairs = weighedPairs(wanted, terms, lexicon);
  const query = wanted.stems.map(lexicon.stem);
  const neighbours = (index: number, count: number): ReadText[] => neighboursIn(read, index, count, passesOver);
  return (text, index) => {
    const near = neighbours(index, 1);
    const stems = text.words.map(lexicon.stemOf);
    const [previous] = near;
    return {
      own: share([text]),
      wide: share(neighbours(index, widely), 2 * widely + 1),
      asked: previous !== undefined && previous !== text && previous.isQuestion() ? share([previous]) : 0,
      by: Number(named !== null && text.label === named),
      kind: Number(wanted.askedFor !== null && answersTo(wanted.askedFor, text.text.slice(text.begin))),
      length: Math.min(1, Math.log(1 + text.words.length) / Math.log(longWords)),
      question: Number(text.isQuestion()),
      pairs: pairsIn(pairs, stems) / full,
      meaning: sense(text, near),
      then: timeliness(wanted.times, text.toldAt ?? text.createdAt),
      quoted: Number(query.length > 1 && holdsInRow(stems, query)),
    };
  };
}

/** The text and so many neighbours on each side, in order. */
function neighboursIn(
  read: readonly ReadText[],
  index: number,
  count: number,
  passesOver: Case['passesOver'],
): ReadText[] {
  const self = read[index];
  if (self === undefined) return [];
  const around = [self];
  for (const step of [-1, 1]) {
    let last = self;
    let left = count;
    for (let at = index + step; left > 0; at += step) {
      const next = read[at];
      if (next === undefined) break;
      if (passesOver(self, next)) continue;
      if (!areNeighbours(last, next)) break;
      if (step < 0) around.unshift(next);
      else around.push(next);
      last = next;
      left -= 1;
    }
  }
  return around;
}

function areNeighbours(left: ReadText, right: ReadText): boolean {
  return (
    left.place !== null &&
    left.place === right.place &&
    Math.abs(left.position - right.position) <= reach &&
    pauseBetween(left, right) <= pauseMs
  );
}

/** By the times that are written in both of them, or else when they came here. */
function pauseBetween(left: ReadText, right: ReadText): number {
  return left.toldAt === null || right.toldAt === null
    ? Math.abs(left.createdAt - right.createdAt)
    : Math.abs(left.toldAt - right.toldAt);
}

function bm25(terms: readonly Holding[], texts: readonly ReadText[], usualLength: number): number {
  let length = 0;
  for (const text of texts) length += text.words.length;
  const room = saturation * (1 - lengthShare + lengthShare * (length / usualLength));
  let sum = 0;
  for (const [index, { rarity }] of terms.entries()) {
    let count = 0;
    for (const text of texts) count += text.counts[index] ?? 0;
    if (count > 0) sum += (rarity * count * (saturation + 1)) / (count + room);
  }
  return sum;
}

interface WeighedPair {
  /** Numbers of stems. */
  pair: readonly number[];
  weight: number;
}

/** The query's words that stand side by side, where they count. */
function weighedPairs(wanted: Wanted, terms: readonly Holding[], lexicon: Lexicon): WeighedPair[] {
  const rarities = new Map(terms.map((term) => [term.stem, term.rarity]));
  return wanted.pairs.flatMap((pair) => {
    const weight = (rarities.get(pair[0]) ?? 0) + (rarities.get(pair[1]) ?? 0);
    return weight === 0 ? [] : [{ pair: pair.map(lexicon.stem), weight }];
  });
}

function pairsIn(pairs: readonly WeighedPair[], stems: readonly number[]): number {
  let sum = 0;
  for (const { pair, weight } of pairs) if (holdsInRow(stems, pair)) sum += weight;
  return sum;
}

/** True where some stems stand in a text one after the other. */
function holdsInRow(stems: readonly number[], row: readonly number[]): boolean {
  const [first] = row;
  if (first === undefined) return true;
  for (let at = stems.indexOf(first); at >= 0; at = stems.indexOf(first, at + 1)) {
    if (row.every((stem, step) => stems[at + step] === stem)) return true;
  }
  return false;
}
