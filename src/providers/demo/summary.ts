import { findFacts } from './facts.js';
import type { RequestView } from './view.js';
import { isQuestion, sentencesOf } from './words.js';

/** Lines that frame a transcript and are no part of it. */
const framing = /^<\/?\w+>$|^write the summary\b/i;
const charsDefault = 2_000;
const promise =
  /\b(?:i will|i['’]ll|promise|remember|todo|to do|deadline|must|need to|agreed|decided|next|tomorrow|error|failed)\b/i;

/** True for a request that wants an account of a transcript rather than an answer. */
export function asksForSummary(view: RequestView): boolean {
  if (view.request.tools.length > 0 || !/\bsummar/i.test(view.system)) return false;
  return view.said.length > 200 || /^\s*(?:\[\w+[^\]]*\]|<transcript>|(?:user|assistant)\b\s*[:-])/im.test(view.said);
}

/** An account made of the transcript's own sentences: facts, numbers, names and promises first, in their order. */
export function summarise(view: RequestView): string {
  const limit = charsWanted(view);
  const lines = view.said.split('\n').flatMap((line) => {
    const text = line.trim();
    return text === '' || framing.test(text) ? [] : sentencesOf(text);
  });
  const ranked = lines
    .map((text, at) => ({ text, at, weight: weigh(text) }))
    .filter((one) => one.weight > 0)
    .sort((left, right) => right.weight - left.weight || left.at - right.at);
  let room = limit;
  const chosen = ranked.filter(({ text }) => {
    if (text.length + 1 > room) return false;
    room -= text.length + 1;
    return true;
  });
  const kept = chosen.sort((left, right) => left.at - right.at).map((one) => one.text);
  return kept.length > 0 ? kept.join('\n') : view.said.slice(0, limit);
}

function charsWanted(view: RequestView): number {
  const match = /(\d[\d,._]*)\s*(characters|chars|words)/i.exec(view.system);
  if (match?.[1] === undefined) return charsDefault;
  const count = Number(match[1].replaceAll(/[,._]/g, ''));
  return /words/i.test(match[2] ?? '') ? count * 6 : count;
}

function weigh(text: string): number {
  const plain = text.replace(/^\[[^\]]*\]\s*/, '');
  let weight = isQuestion(plain) ? 0 : 1;
  if (findFacts(plain).facts.length > 0) weight += 4;
  if (promise.test(plain)) weight += 3;
  if (/\d/.test(plain)) weight += 2;
  if (/(?<=\s)\p{Lu}[\p{L}]{2,}/u.test(plain)) weight += 1;
  return plain.length > 600 ? 0 : weight;
}
