import { monthNames } from '../../../domain/month-names.js';
import type { PlacedText } from './surroundings.js';

/** A text with what stands before that which is said. */
export interface LabelledText extends PlacedText {
  /** The name it goes under. */
  label: string | null;
  /** When it was said, in milliseconds, where that is written there with its year. */
  toldAt: number | null;
  /** Where what is said begins. */
  begin: number;
}

const months = [...monthNames.flatMap((month) => [month, month.slice(0, 3)]), 'sept']
  .map((month) => month.charAt(0).toUpperCase() + month.slice(1))
  .join('|');
const days = '(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?';
const name = String.raw`(?!(?:I|You|He|She|It|We|They)\b)(?<name>\p{Lu}[\p{L}\p{M}\p{N}.'’-]*(?: \p{Lu}[\p{L}\p{M}\p{N}.'’-]*){0,2})`;

/** Brackets with a digit in them, or words of dates and times, one of the first of them with a digit. */
const inBrackets = String.raw`[[(](?=[^\])\n]{0,60}\d)[^\])\n]{1,60}[\])]`;
const timeWord = String.raw`(?:on|at|of|[ap]m|[ap]\.m\.|[AP]M|UTC|GMT|(?:${months}|${days})\b\.?|\d[\d:./+T-]*(?:st|nd|rd|th|[ap]m|Z)?)`;
const inWords = String.raw`(?=\D{0,20}\d)${timeWord}(?:,? ${timeWord})*`;

const before = String.raw`(?:(?<before>${inBrackets}|${inWords}),?(?: [-–—|])?:? (?!(?:${months}|${days})\b))?`;
const after = String.raw`(?: (?<after>${inBrackets}))?(?::(?:\*\*)?| (?:said|says|asked|asks|wrote|writes|replied)[,:])\s`;

/** As in the script of a play, or with a time as in the records of a chat. */
const labelPattern = new RegExp(String.raw`^${before}(?:\*\*)?${name}(?:\*\*)?${after}`, 'u');

/** A time by itself: in brackets, or set off from what is said. */
const timePattern = new RegExp(String.raw`^(?:(?<before>${inBrackets})|(?<words>${inWords})(?=:| [-–—|]))[-–—|: ]*`);

/**
 * Reads the label of a text: the speaker's name, or one that stands before what is said. A time that is written there
 * with its year is when it was said.
 */
export function labelled({ key, place, position, createdAt, role, speaker, text }: PlacedText): LabelledText {
  const found = labelPattern.exec(text) ?? timePattern.exec(text);
  const { name, before, after, words } = found?.groups ?? {};
  const time = before ?? after ?? words;
  // Named one by one, for a spread takes ten times as long.
  return {
    key,
    place,
    position,
    createdAt,
    role,
    speaker,
    text,
    label: speaker ?? name ?? null,
    toldAt: time === undefined ? null : timeOf(time),
    begin: found?.[0].length ?? 0,
  };
}

/** Times that can be read in one way only: with the year, and the month in letters or in its place after the year. */
const unmistakable = new RegExp(String.raw`\d{4}-\d\d|\d{4}.*\b(?:${months})\b|\b(?:${months})\b.*\d{4}`);

/** Reads a time in milliseconds; one without a zone is taken to be in UTC. Null where it cannot be read. */
function timeOf(text: string): number | null {
  if (!unmistakable.test(text)) return null;
  const words = text
    .replace(/[[\]()]|\b(?:on|at|of)\b|:$|(?<=\d)(?:st|nd|rd|th)\b/g, ' ')
    .replace(/(?<=\d)(?=[ap]m\b)/g, ' ');
  const zoned = /Z|UTC|GMT|[+-]\d\d:?\d\d$/.test(words) ? words : `${words} UTC`;
  const at = Date.parse(zoned.trim());
  return Number.isNaN(at) ? null : at;
}
