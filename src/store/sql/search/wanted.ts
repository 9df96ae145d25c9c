import type { TimeSpan } from '../../store.js';
import { stemOf, tokensOf } from './tokens.js';

/** What kind of thing a question asks for, where its first words tell. */
export type AskedFor = 'time' | 'number' | 'name';

/** What a query wants to be found, as the ranking reads it. */
export interface Wanted {
  /** Stems of all of its words, in order, and of those that stand side by side. */
  stems: readonly string[];
  pairs: readonly (readonly [string, string])[];
  /** The words themselves, in lower case. */
  tokens: readonly string[];
  askedFor: AskedFor | null;
  /** Times that it speaks of. */
  times: readonly TimeSpan[];
}

const questions: [AskedFor, RegExp][] = [
  ['time', /^(since )?when\b|\b(what|which) (date|day|month|year|time)\b/],
  ['number', /\bhow (many|much|long|often|old)\b/],
  ['name', /^(who|whom|whose|where|which|what)\b/],
];

/** Words of a query that the ranking looks at. */
const tokensMax = 60;

/** Reads a query. */
export function wantedOf(query: string, times: readonly TimeSpan[] = []): Wanted {
  const tokens = tokensOf(query).slice(0, tokensMax);
  const question = tokens.join(' ');
  const stems = tokens.map(stemOf);
  return {
    stems,
    pairs: stems.slice(1).map((stem, index) => [stems[index] ?? '', stem] as const),
    tokens,
    askedFor: questions.find(([, pattern]) => pattern.test(question))?.[0] ?? null,
    times,
  };
}

const timeWords =
  /\b(yesterday|today|tonight|tomorrow|ago|last|next|(mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april|may|june|july|august|september|october|november|december|week|month|year|weekend|days|weeks|months|years|morning|evening|summer|winter|spring|autumn|fall)\b/i;
const numberWords = /\d|\b(one|two|three|four|five|six|seven|eight|nine|ten|once|twice|dozen|couple|few)\b/i;
const nameWords = /(?<=[\p{Ll}\p{N},;] )\p{Lu}\p{L}+/u;

/** True where a text holds such a thing as was asked for. */
export function answersTo(askedFor: AskedFor, text: string): boolean {
  switch (askedFor) {
    case 'time':
      return timeWords.test(text);
    case 'number':
      return numberWords.test(text);
    case 'name':
      return nameWords.test(text);
    default:
      return askedFor satisfies never;
  }
}
