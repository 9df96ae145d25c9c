import { monthNames } from '../../domain/month-names.js';

/** A stretch of time on the clock of some wall, in milliseconds read as if they were UTC; its end is not part of it. */
export interface Span {
  from: number;
  until: number;
}

type Unit = 'day' | 'week' | 'month' | 'year';

const dayMs = 86_400_000;
const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const numbers = 'zero one two three four five six seven eight nine ten eleven twelve'.split(' ');

const monthWord = '([a-z]{3,9})\\.?';
const dayNumber = '(\\d{1,2})(?:st|nd|rd|th)?';
const yearNumber = '(?:,? (?:of )?(\\d{4}))?';

/**
 * Reads English words for a day, week, month or year, and for what lies between two of them: `yesterday`, `last week`,
 * `3 days ago`, `the last 10 days`, `since Friday`, `in May 2023`, `May 3rd`, `between March and May`. Null where the
 * words are none of these. A day of the week, a month or a date without its year is the last that has begun. Weeks
 * begin on Monday.
 */
export function readSpokenSpan(text: string, now: number): Span | null {
  const words = text.trim().toLowerCase().replace(/\s+/gu, ' ');
  const pair = /^(?:between (.+) and (.+)|(?:from )?(.+) (?:to|until|till|through) (.+))$/u.exec(words);
  if (pair !== null) return readPair(pair[1] ?? pair[3] ?? '', pair[2] ?? pair[4] ?? '', now);
  const bare = words
    .replace(/^(?:since|from|after|in|on|during|until|till|up to|by|before) /u, '')
    .replace(/^the /u, '');
  return readRelative(bare, now) ?? readWeekday(bare, now) ?? readDate(bare, now);
}

/** What comes first is the last such time before what comes second. */
function readPair(first: string, second: string, now: number): Span | null {
  const end = readSpokenSpan(second, now);
  const begin = end === null ? null : readSpokenSpan(first, end.until - 1);
  return end === null || begin === null ? null : { from: begin.from, until: end.until };
}

function readRelative(words: string, now: number): Span | null {
  const today = startOf('day', now);
  switch (words) {
    case 'now':
      return { from: now, until: now + 1 };
    case 'today':
      return spanOf('day', today);
    case 'yesterday':
      return spanOf('day', today - dayMs);
    case 'day before yesterday':
      return spanOf('day', today - 2 * dayMs);
    case 'tomorrow':
      return spanOf('day', today + dayMs);
    default:
      return readNamedUnit(words, now) ?? readAgo(words, now) ?? readStretch(words, now);
  }
}

/** `this month`, `last week`, `next year`. */
function readNamedUnit(words: string, now: number): Span | null {
  const match = /^(this|current|last|past|previous|next) (day|week|month|year)$/u.exec(words);
  if (match === null) return null;
  const unit = match[2] as Unit;
  const steps = match[1] === 'next' ? 1 : match[1] === 'this' || match[1] === 'current' ? 0 : -1;
  return spanOf(unit, add(unit, startOf(unit, now), steps));
}

/** `2 hours ago` is that moment, `three weeks ago` that day. */
function readAgo(words: string, now: number): Span | null {
  const match = /^(\d{1,4}|[a-z]+) (minute|hour|day|week|month|year)s? ago$/u.exec(words);
  const count = match === null ? null : countOf(match[1] ?? '');
  if (match === null || count === null) return null;
  if (match[2] === 'minute' || match[2] === 'hour') {
    const at = now - count * (match[2] === 'hour' ? 3_600_000 : 60_000);
    return { from: at, until: at + 1 };
  }
  return spanOf('day', add(match[2] as Unit, startOf('day', now), -count));
}

/** `last 10 days`: from that day until now. */
function readStretch(words: string, now: number): Span | null {
  const match = /^(?:last|past|previous) (\d{1,4}|[a-z]+) (day|week|month|year)s?$/u.exec(words);
  const count = match === null ? null : countOf(match[1] ?? '');
  if (match === null || count === null) return null;
  return { from: add(match[2] as Unit, startOf('day', now), -count), until: now + 1 };
}

/** `friday` may be today; `last friday` is not. */
function readWeekday(words: string, now: number): Span | null {
  const match = /^(last |this |past |previous )?([a-z]+)$/u.exec(words);
  const wanted = weekdays.findIndex((name) => name === match?.[2] || name.slice(0, 3) === match?.[2]);
  if (match === null || wanted === -1) return null;
  const today = startOf('day', now);
  const back = (new Date(today).getUTCDay() - wanted + 7) % 7;
  const isEarlier = back === 0 && match[1] !== undefined && match[1] !== 'this ';
  return spanOf('day', today - (isEarlier ? 7 : back) * dayMs);
}

function readDate(words: string, now: number): Span | null {
  const year = /^(\d{4})$/u.exec(words);
  if (year !== null) return spanOf('year', Date.UTC(Number(year[1]), 0));
  const numeric = /^(\d{4})-(\d{2})(?:-(\d{2}))?$/u.exec(words);
  if (numeric !== null) return spanOfDate(Number(numeric[1]), Number(numeric[2]) - 1, numeric[3], now);
  const monthFirst = new RegExp(`^${monthWord}(?: ${dayNumber})?${yearNumber}$`, 'u').exec(words);
  if (monthFirst !== null) return spanOfDate(monthFirst[3], monthOf(monthFirst[1]), monthFirst[2], now);
  const dayFirst = new RegExp(`^${dayNumber} (?:of )?${monthWord}${yearNumber}$`, 'u').exec(words);
  return dayFirst === null ? null : spanOfDate(dayFirst[3], monthOf(dayFirst[2]), dayFirst[1], now);
}

/** A month, or a day of it. Without a year, the last that has begun. */
function spanOfDate(
  year: string | number | undefined,
  month: number,
  day: string | undefined,
  now: number,
): Span | null {
  if (month < 0 || month > 11) return null;
  const inYear = (full: number): number => Date.UTC(full, month, Number(day ?? 1));
  const thisYear = new Date(now).getUTCFullYear();
  const from = inYear(Number(year ?? (inYear(thisYear) > now ? thisYear - 1 : thisYear)));
  if (new Date(from).getUTCMonth() !== month) return null;
  return spanOf(day === undefined ? 'month' : 'day', from);
}

function monthOf(word: string | undefined): number {
  return monthNames.findIndex(
    (name) => name === word || name.slice(0, 3) === word || (word === 'sept' && name === 'september'),
  );
}

function countOf(word: string): number | null {
  if (/^\d+$/u.test(word)) return Number(word);
  if (word === 'a' || word === 'an') return 1;
  const number = numbers.indexOf(word);
  return number === -1 ? null : number;
}

function startOf(unit: Unit, at: number): number {
  const date = new Date(at);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  switch (unit) {
    case 'day':
      return Date.UTC(year, month, day);
    case 'week':
      return Date.UTC(year, month, day - ((date.getUTCDay() + 6) % 7));
    case 'month':
      return Date.UTC(year, month);
    case 'year':
      return Date.UTC(year, 0);
    default:
      return unit satisfies never;
  }
}

/** Moves a day by calendar units; where the month has no such day, to the month's last. */
function add(unit: Unit, at: number, count: number): number {
  if (unit === 'day' || unit === 'week') return at + count * dayMs * (unit === 'week' ? 7 : 1);
  const date = new Date(at);
  const month = date.getUTCMonth() + count * (unit === 'year' ? 12 : 1);
  const last = new Date(Date.UTC(date.getUTCFullYear(), month + 1, 0)).getUTCDate();
  return Date.UTC(date.getUTCFullYear(), month, Math.min(date.getUTCDate(), last));
}

function spanOf(unit: Unit, from: number): Span {
  return { from, until: add(unit, from, 1) };
}
