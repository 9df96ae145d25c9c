import { textOf, type Message, type MessagePart } from '../domain/message.js';
import { unpack } from './envelope.js';

const months = 'January|February|March|April|May|June|July|August|September|October|November|December';
const units =
  '%|€|£|[kMGT]?B|[kcm]?m|k?g|km/h|[kMG]?Hz|ms|min|hours?|days?|weeks?|months?|years?|euros?|dollars?|pounds?';

/**
 * Details that a summary must not garble, the likeliest to be needed letter by letter first. Every repetition has a
 * bound, so that no text takes longer than its length.
 */
const forms: readonly RegExp[] = [
  /\bhttps?:\/\/[^\s<>"'`)\]}]{1,300}[^\s<>"'`)\]}.,;:!?]/g,
  /\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}\b/g,
  // Paths of files, on any system.
  /(?<![\w/])(?:~|\.{1,2})?(?:\/[\w.@+-]{1,80}){2,20}\/?|\b[A-Z]:\\[^\s"'<>|]{1,200}/g,
  // What is quoted as code, and words with digits in them: order numbers, versions, hashes.
  /(?<=`)[^`\s]{2,60}(?=`)/g,
  /\b(?=[\w-]{0,63}\d)(?=[\w-]{0,63}[A-Za-z])[A-Za-z0-9][\w-]{3,63}\b/g,
  // Dates and times of day.
  /\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2})?\b|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b|\b\d{1,2}:\d{2}(?:\s?[ap]m)?\b/gi,
  new RegExp(`\\b\\d{1,2}(?:st|nd|rd|th|\\.)?\\s(?:${months})(?:\\s\\d{4})?\\b`, 'g'),
  new RegExp(`\\b(?:${months})\\s\\d{1,2}(?:st|nd|rd|th)?(?:,?\\s\\d{4})?\\b`, 'g'),
  // Amounts: a number with its currency or unit; and long numbers.
  /[$€£¥]\s?\d(?:[\d.,]{0,15}\d)?/g,
  new RegExp(`(?<![\\w.,])\\d[\\d.,]{0,15}\\s?(?:${units})(?!\\w)`, 'g'),
  /(?<![\w.,-])\d{4,20}(?![\w-]|[.,]\d)/g,
  // Names: capitalised words that stand together, or one in the middle of a sentence.
  /\b\p{Lu}[\p{L}'’-]{1,30}(?:\s\p{Lu}[\p{L}'’-]{1,30}){1,4}/gu,
  /(?<=[\p{Ll},;:]\s)\p{Lu}[\p{L}'’-]{2,30}/gu,
];

/** Characters that are looked at of one text, from its beginning, and of all; and details that are taken of one kind. */
const charsOfText = 8_000;
const charsOfAll = 100_000;
const perForm = 40;

const speakers: Record<Message['role'], number> = { user: 0, assistant: 1, tool: 2, system: 3 };

/**
 * The details in messages that may be needed letter by letter: addresses, paths, ids, dates, amounts, names. Each once;
 * what users said comes before what the agent said and what tools returned, the newest first.
 */
export function identifiersIn(messages: readonly Message[]): string[] {
  const newestFirst = [...messages].reverse().sort((left, right) => speakers[left.role] - speakers[right.role]);
  let room = charsOfAll;
  const texts = newestFirst.flatMap((message) => {
    const text = textFor(message).slice(0, Math.min(room, charsOfText));
    room -= text.length;
    return text === '' ? [] : [text];
  });
  const found = forms.flatMap((form) => {
    const ofForm = new Set<string>();
    for (const text of texts) {
      for (const [match] of text.matchAll(form)) ofForm.add(match.trim());
      if (ofForm.size >= perForm) break;
    }
    return [...ofForm].slice(0, perForm);
  });
  return withoutParts([...new Set(found)]);
}

function textFor(message: Message): string {
  const said = textOf(message);
  const others = message.parts.map(textOfPart).filter((text) => text !== '');
  return [unpack(said)?.message ?? said, ...others].join('\n').trim();
}

function textOfPart(part: MessagePart): string {
  if (part.type === 'tool-call') return part.arguments;
  return part.type === 'tool-result' ? part.output : '';
}

/** A detail that stands inside a longer one says nothing of its own. */
function withoutParts(found: string[]): string[] {
  return found.filter((one) => !found.some((other) => other !== one && other.includes(one)));
}

const mark = 'Kept verbatim: ';
const separator = ' · ';

/** What `keepVerbatim` put at the end of a summary. */
export function verbatimOf(summary: string): string[] {
  const line = summary.split('\n').findLast((candidate) => candidate.startsWith(mark));
  return line === undefined ? [] : line.slice(mark.length).split(separator);
}

/** A summary with those of the details in a last line that it does not hold itself, as many as fit the limit. */
export function keepVerbatim(summary: string, details: readonly string[], charsMax: number): string {
  const held = summary.toLowerCase();
  const missing = details.filter((detail) => !held.includes(detail.toLowerCase()));
  let room = charsMax - summary.length - mark.length - 1;
  const kept = missing.filter((detail) => {
    const cost = detail.length + separator.length;
    if (cost > room) return false;
    room -= cost;
    return true;
  });
  return kept.length === 0 ? summary : `${summary}\n${mark}${kept.join(separator)}`;
}
