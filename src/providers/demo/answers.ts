import { findFacts } from './facts.js';
import { parseObject, type RequestView } from './view.js';
import { capitalise, isQuestion, keywordsOf, overlap, sentencesOf, turnAround } from './words.js';

/** The share of a question's words that an answer must hold. */
const enough = 0.5;

/** True where the question asks for all that is known of the speaker. */
function asksForEverything(question: string): boolean {
  return /\bwhat (?:do|did|can) you (?:know|remember|recall|have|tell me) about me\b|\bwho am i\b|\btell me (?:everything )?(?:what you know )?about (?:me|myself)\b|\bwhat (?:have i told|did i tell|do you remember|do you know)(?: you)?(?: so far)?\s*\?*$/i.test(
    question,
  );
}

/**
 * Answers from what is in view: the blocks of memory first, then what was said earlier and what summaries keep. Null
 * where nothing fits.
 */
export function answerFromView(view: RequestView, question: string): string | null {
  const lines = view.blocks.filter((block) => block.label !== 'persona').flatMap((block) => linesOf(block.value));
  if (asksForEverything(question)) {
    const known = lines.length > 0 ? lines : view.earlier.flatMap(toldSentences);
    if (known.length === 0) return null;
    return `Here is what I know about you: ${joined(dropRepeats(known.map(sayLine)))}`;
  }
  if (/\b(?:your name|who are you)\b/i.test(question)) return aboutMyself(view);
  const wanted = keywordsOf(question);
  if (wanted.size === 0) return null;
  const fromBlocks = best(lines, wanted);
  if (fromBlocks.length > 0) return joined(fromBlocks.map(sayLine));
  const told = [...view.earlier].reverse().flatMap(toldSentences).map(withoutRequest);
  const fromTalk = best(told, wanted)[0];
  if (fromTalk !== undefined) return `You told me: ${quoted(fromTalk)}`;
  const noted = best(view.notes.flatMap(sentencesOf), wanted)[0];
  return noted === undefined ? null : `From my notes: ${noted}`;
}

/** Answers from the results of searches made in this turn, or null where none of them fits. */
export function answerFromSearch(view: RequestView, question: string, results: string[]): string | null {
  const wanted = keywordsOf(question);
  const hits = results.flatMap(readHits).filter((hit) => hit.text !== view.said);
  const sentences = hits.flatMap((hit) => sentencesOf(hit.text).filter((sentence) => !isQuestion(sentence)));
  const found = best(sentences, wanted)[0];
  if (found === undefined) return null;
  const kept = /^The user (?:said|asked me to remember): ["“]?(.+?)["”]?\.?$/i.exec(found);
  return `I looked it up. You told me: ${quoted(kept?.[1] ?? found)}`;
}

/** Sources that are quoted in one answer, and how well all but the best must fit, as a share of the best. */
const quotesMax = 3;
const quoteShare = 0.75;

/**
 * The sentences of retrieved passages that fit a question best, one of each source, each with where it stands and with
 * the mark it is to be cited by; null where none fits.
 */
export function quotePassage(question: string, results: string[]): string | null {
  const wanted = keywordsOf(question);
  const quotes = new Map<string | null, Quote>();
  for (const { text, source, mark } of results.flatMap(readHits)) {
    for (const sentence of sentencesOf(text)) {
      if (sentence.length <= 12 || /^Showing \d+/.test(sentence)) continue;
      const score = overlap(wanted, sentence);
      if (score > (quotes.get(source)?.score ?? 0)) quotes.set(source, { sentence, source, mark, score });
    }
  }
  const ordered = [...quotes.values()].sort((left, right) => right.score - left.score);
  const top = ordered[0]?.score ?? 0;
  const chosen = ordered.filter(({ score }) => score >= top * quoteShare).slice(0, quotesMax);
  return chosen.length === 0 ? null : chosen.map(sayQuote).join(' ');
}

interface Quote {
  sentence: string;
  source: string | null;
  mark: string | null;
  score: number;
}

function sayQuote({ sentence, source, mark }: Quote): string {
  const where = source === null ? 'Your files say' : `${source} says`;
  return `${where}: “${sentence}”${mark ?? ''}`;
}

interface Hit {
  text: string;
  source: string | null;
  /** What a sentence that rests on this is marked with. */
  mark: string | null;
}

/** Hits of a search result, whatever its shape: a list after a heading, objects, or plain text. */
function readHits(result: string): Hit[] {
  const start = result.search(/[[{]/);
  const parsed = start < 0 ? null : parseJson(result.slice(start));
  const items = Array.isArray(parsed) ? parsed : listIn(parsed);
  if (items !== null) return items.flatMap(toHit);
  return [{ text: result, source: null, mark: null }];
}

function listIn(value: unknown): unknown[] | null {
  if (typeof value !== 'object' || value === null) return null;
  return Object.values(value).find((member): member is unknown[] => Array.isArray(member)) ?? null;
}

function toHit(item: unknown): Hit[] {
  if (typeof item === 'string') {
    // What the agent itself once said proves nothing.
    if (/^timestamp: [^\n]*?, assistant - /.test(item)) return [];
    const inner = item
      .replace(/^timestamp: [^\n]*?, (?:memory: |(?:user|assistant|tool|system) - )/, '')
      .replace(/ \[passage \S+\]$/, '');
    const envelope = parseObject(inner);
    return [
      { text: typeof envelope?.['message'] === 'string' ? envelope['message'] : inner, source: null, mark: null },
    ];
  }
  if (typeof item !== 'object' || item === null) return [];
  const fields = item as Record<string, unknown>;
  const content = fields['content'] ?? fields['text'] ?? fields['memory'] ?? fields['passage'];
  const text = Array.isArray(content)
    ? content
        .flatMap(toHit)
        .map((hit) => hit.text)
        .join('\n')
    : content;
  const source = fields['file_name'] ?? fields['filename'] ?? fields['file'] ?? fields['source'];
  const mark = fields['cite_as'];
  if (typeof text !== 'string') return [];
  return [{ text, source: typeof source === 'string' ? source : null, mark: typeof mark === 'string' ? mark : null }];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function linesOf(value: string): string[] {
  return value
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** What somebody asked to have remembered, without the asking. */
function withoutRequest(sentence: string): string {
  return findFacts(sentence).requests[0] ?? sentence;
}

function toldSentences(text: string): string[] {
  return sentencesOf(text).filter((sentence) => !isQuestion(sentence) && sentence.split(/\s+/).length > 2);
}

/** The candidates that fit best, all of an equal score, in their order. */
function best(candidates: string[], wanted: Set<string>): string[] {
  const scored = candidates.map((text) => ({ text, score: overlap(wanted, text) * headFit(text, wanted) }));
  const top = Math.max(0, ...scored.map((one) => one.score));
  const found = top < enough ? [] : scored.filter((one) => one.score === top).map((one) => one.text);
  const exact = found.filter((text) => headOf(text) !== null);
  return exact.length > 0 ? exact : found;
}

/** What a line such as `Dog's name: Rex` is about; null for a sentence. */
function headOf(line: string): string | null {
  return /^([^:.]{1,40}):\s/.exec(line)?.[1] ?? null;
}

/** Less than one where a line is about something narrower than what was asked: a dog's name is not a name. */
function headFit(line: string, wanted: Set<string>): number {
  const head = headOf(line);
  const words = head === null ? [] : [...keywordsOf(head)];
  if (words.length === 0 || words.every((word) => !wanted.has(word))) return 1;
  return words.filter((word) => wanted.has(word)).length / words.length;
}

function aboutMyself(view: RequestView): string | null {
  const persona = view.blocks.find((block) => block.label === 'persona')?.value ?? '';
  const named = /\b(?:my name is|i am|i['’]m)\s+([^.,\n]{2,40})/i.exec(persona)?.[1];
  return named === undefined ? null : `I am ${named.trim()}.`;
}

/** A line of a block, said to the person it is about. */
export function sayLine(line: string): string {
  const text = line.replace(/^[-*•]\s*/, '').replace(/[.]+$/, '');
  const verb = /^(Lives|Likes|Dislikes|Prefers|Comes|Works|Has|Is|Allergic|Age|First name|Name)\b:?\s*(.*)$/i.exec(
    text,
  );
  const rest = turnAround(verb?.[2] ?? '');
  switch (verb?.[1]?.toLowerCase()) {
    case 'name':
    case 'first name':
      return `Your name is ${rest}.`;
    case 'age':
      return `You are ${rest} years old.`;
    case 'is':
      return `You are ${rest}.`;
    case 'has':
      return `You have ${rest}.`;
    case 'allergic':
      return `You are allergic ${rest}.`;
    case undefined:
      break;
    default:
      return `You ${verb?.[1]?.toLowerCase().replace(/s$/, '')} ${rest}.`;
  }
  const pair = /^([^:]{2,40}):\s+(.+)$/.exec(text);
  if (pair?.[1] !== undefined && pair[2] !== undefined && !/^The user\b/.test(text)) {
    return `Your ${pair[1].charAt(0).toLowerCase()}${pair[1].slice(1)} is ${turnAround(pair[2])}.`;
  }
  const kept = /^The user asked me to remember: ["“]?(.+?)["”]?$/i.exec(text);
  return kept?.[1] === undefined ? `${capitalise(turnAround(text))}.` : `You asked me to remember: ${quoted(kept[1])}`;
}

function quoted(text: string): string {
  return `${turnAround(text.replace(/[.!]+$/, ''))}.`;
}

function dropRepeats(lines: string[]): string[] {
  return [...new Set(lines)];
}

function joined(sentences: string[]): string {
  return sentences.slice(0, 12).join(' ');
}
