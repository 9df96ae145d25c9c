import { monthNames } from '../../domain/month-names.js';
import type { Zone } from '../../domain/zone.js';
import type { TimeSpan } from '../../store/store.js';
import { readSpokenSpan, type Span } from './spoken-time.js';

const month = `(?:${monthNames.map((name) => `${name}|${name.slice(0, 3)}`).join('|')}|sept)\\b\\.?`;
const day = '\\d{1,2}(?:st|nd|rd|th)?';
const year = '(?:19|20)\\d{2}';
const count = '(?:\\d{1,4}|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)';
const weekday = '(?:sun|mon|tues|wednes|thurs|fri|satur)day';
const before = '(?<=\\b(?:in|during|of|since|from|until|by|for|after|before|last|this|early|mid|late) )';
const season = '(?<=\\b(?:spring|summer|autumn|fall|winter) )';

/** Dates; of bare months and years only those that stand where a time does, for people may march. */
const written = [
  `${year}-\\d{2}(?:-\\d{2})?`,
  `${day} (?:of )?${month}(?:,? (?:of )?${year})?`,
  `${month} ${day}(?:,? ${year})?`,
  `${month},? (?:of )?${year}`,
  `${before}${month}`,
  `(?:${before}|${season})${year}`,
];

/** What means another time on another day. */
const relative = [
  'day before yesterday',
  'yesterday',
  'today',
  `${count} (?:day|week|month|year)s? ago`,
  `(?:last|past) (?:${count} )?(?:day|week|month|year)s?`,
  `last ${weekday}`,
  'this (?:week|month|year)',
  `(?<=\\bon )${weekday}`,
];

const writtenPattern = new RegExp(`\\b(?:${written.join('|')})(?![\\w-])`, 'giu');
const relativePattern = new RegExp(`\\b(?:${relative.join('|')})\\b`, 'giu');

/** A month or a day that is named without its year is that of any of so many, this one among them. */
const yearsMeant = 5;
const spansMax = 32;

/**
 * The times that a question speaks of, as clocks are set in a zone: `what did we plan in May 2023`, `on 3 June`,
 * `two weeks ago`. Where it has a date, words like `last week` are taken to depend on that, and say nothing.
 */
export function spokenTimes(question: string, { zone, now }: { zone: Zone; now: number }): TimeSpan[] {
  const wall = zone.wall(now);
  const dated = matches(question, writtenPattern).flatMap((words) => spansOf(words, wall));
  const spans = dated.length > 0 ? dated : matches(question, relativePattern).flatMap((words) => read(words, wall));
  return spans.slice(0, spansMax).map(({ from, until }) => ({ from: zone.instant(from), to: zone.instant(until) - 1 }));
}

function matches(question: string, pattern: RegExp): string[] {
  return Array.from(question.replace(/\s+/gu, ' ').matchAll(pattern), ([words]) => words);
}

function spansOf(words: string, now: number): Span[] {
  if (/\d{4}/u.test(words)) return read(words, now);
  const thisYear = new Date(now).getUTCFullYear();
  return Array.from({ length: yearsMeant }, (_, back) => read(`${words} ${thisYear - back}`, now)).flat();
}

function read(words: string, now: number): Span[] {
  const span = readSpokenSpan(words, now);
  return span === null ? [] : [span];
}
