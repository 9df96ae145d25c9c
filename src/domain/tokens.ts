/**
 * What the characters of a text cost, in tokens, as a modern vocabulary of some 200,000 entries takes them. Fitted to
 * OpenAI's `o200k_base` on prose in twelve languages, code, JSON, numbers and emoji; other families differ by a ratio
 * that is learned from what their providers report.
 */
const costs = {
  /** A word, and each of its letters beyond the sixth. */
  word: 0.9,
  letterBeyondSix: 0.19,
  /** A letter with an accent, besides its place in its word. */
  accent: 1.02,
  /** A capital beyond the third of a word in capitals. */
  capitalBeyondThree: 0.65,
  /** Up to three digits. */
  digits: 1.35,
  /** Marks that stand together, and each beyond the first. */
  marks: 0.87,
  furtherMark: 0.11,
  /** A break of lines with the white space around it. */
  lineBreak: 1.17,
  /** A character of a long run of white space. */
  blank: 0.025,
  /** A word in an alphabet that is not Latin, and each of its letters beyond the fourth. */
  foreignWord: 0.89,
  foreignLetterBeyondFour: 0.25,
  ideograph: 0.65,
  syllable: 0.67,
  /** Emoji, and whatever else takes two units. */
  pair: 2.21,
  other: 1.1,
} as const;

/** Characters of one kind that stand together cost as one run; `single` characters each for themselves. */
const kinds = { small: 0, capital: 1, accent: 2, digit: 3, mark: 4, space: 5, line: 6, foreign: 7, single: 8 } as const;

const asciiKinds = Uint8Array.from({ length: 128 }, (_none, unit) => asciiKind(unit));

/** Characters up to which a text is read as a whole; a longer one is judged by as many, taken from all over it. */
const charsRead = 8_192;
const samples = 16;

/**
 * About how many tokens a text is, a whole number and 0 only for an empty one. Made for counting before a call and where
 * a provider reports nothing; never reads more than 8,192 characters, so no text is too long to ask about.
 */
export function estimateTokens(text: string): number {
  if (text === '') return 0;
  if (text.length <= charsRead) return Math.max(1, Math.round(tokensBetween(text, 0, text.length)));
  const sampleChars = charsRead / samples;
  const step = (text.length - sampleChars) / (samples - 1);
  let tokens = 0;
  for (let sample = 0; sample < samples; sample += 1) {
    const from = Math.floor(sample * step);
    tokens += tokensBetween(text, from, from + sampleChars);
  }
  return Math.ceil((tokens * text.length) / charsRead);
}

function tokensBetween(text: string, from: number, to: number): number {
  let tokens = 0;
  let run: number = kinds.single;
  let length = 0;
  for (let at = from; at < to; at += 1) {
    const unit = text.charCodeAt(at);
    let kind = unit < 128 ? (asciiKinds[unit] ?? kinds.single) : kindOf(unit);
    if (kind === kinds.single) tokens += costOfSingle(unit);
    if (kind === kinds.accent) {
      tokens += costs.accent;
      kind = kinds.small;
    }
    if (kind === run) {
      length += 1;
    } else if (kind === kinds.small && run === kinds.capital) {
      // The last capital begins the word: `HTTPServer` is two.
      if (length > 1) tokens += costOfRun(kinds.capital, length - 1);
      run = kinds.small;
      length = 2;
    } else {
      tokens += costOfRun(run, length);
      run = kind;
      length = 1;
    }
  }
  return tokens + costOfRun(run, length);
}

function costOfRun(kind: number, length: number): number {
  switch (kind) {
    case kinds.small:
      return costs.word + Math.max(0, length - 6) * costs.letterBeyondSix;
    case kinds.capital:
      return costs.word + Math.max(0, length - 3) * costs.capitalBeyondThree;
    case kinds.digit:
      return Math.ceil(length / 3) * costs.digits;
    case kinds.mark:
      return costs.marks + (length - 1) * costs.furtherMark;
    case kinds.line:
      return costs.lineBreak + (length - 1) * costs.blank;
    case kinds.space:
      return (length - 1) * costs.blank;
    case kinds.foreign:
      return costs.foreignWord + Math.max(0, length - 4) * costs.foreignLetterBeyondFour;
    default:
      return 0;
  }
}

function asciiKind(unit: number): number {
  if (unit >= 97 && unit <= 122) return kinds.small;
  if (unit >= 65 && unit <= 90) return kinds.capital;
  if (unit >= 48 && unit <= 57) return kinds.digit;
  if (unit === 32) return kinds.space;
  return unit >= 9 && unit <= 13 ? kinds.line : kinds.mark;
}

function kindOf(unit: number): number {
  if (unit >= 0xc0 && unit < 0x250) return kinds.accent;
  // Greek to Georgian: alphabets whose words stand apart.
  return unit >= 0x370 && unit < 0x1100 ? kinds.foreign : kinds.single;
}

function costOfSingle(unit: number): number {
  if (unit >= 0x3040 && unit < 0x3100) return costs.syllable;
  if (unit >= 0x3400 && unit < 0xa000) return costs.ideograph;
  if (unit >= 0xac00 && unit < 0xd7b0) return costs.syllable;
  if (unit >= 0xd800 && unit < 0xdc00) return costs.pair;
  return unit >= 0xdc00 && unit < 0xe000 ? 0 : costs.other;
}

/**
 * How much more tokens a family of models makes of a text than the estimate says, before its provider has reported any:
 * rounded means over the texts that the estimate was fitted to.
 */
const families: readonly [name: RegExp, scale: number][] = [
  [/claude/i, 1.2],
  [/mistral|mixtral|llama-?2/i, 1.25],
];

/** What an estimate is multiplied with for a model of this name until more is known. */
export function tokenScaleOf(model: string): number {
  return families.find(([name]) => name.test(model))?.[1] ?? 1;
}
