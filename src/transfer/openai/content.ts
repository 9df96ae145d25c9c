import type { Citation } from '../../domain/citation.js';
import type { MessagePart } from '../../domain/message.js';
import type { Writing } from './writing.js';
import { isJson, plainText, textOf, type Json } from './json.js';

/** What a message says, as a row keeps it. */
export interface ReadContent {
  parts: MessagePart[];
  /** True where the row shows all of it just as it was. */
  isWhole: boolean;
}

/** Finds the id under which something else is here. */
type Mention = Writing['mention'];

/** Reads content: a text, one part or a list of parts. */
export function readContent(content: unknown, mention: Mention): ReadContent {
  if (typeof content === 'string') return { parts: textParts(content), isWhole: false };
  if (isJson(content)) return { ...readContent([content], mention), isWhole: false };
  if (!Array.isArray(content)) return { parts: [], isWhole: false };
  const read = content.map((part) => readPart(part, mention));
  return { parts: read.flatMap(({ parts }) => parts), isWhole: read.every(({ isWhole }) => isWhole) };
}

function mentioned(fileId: unknown, mention: Mention): string | null {
  const id = textOf(fileId);
  return id === null ? null : mention('file', id);
}

function textParts(text: string, annotations: Citation[] = []): MessagePart[] {
  return text === '' ? [] : [{ type: 'text', text, annotations }];
}

function readPart(part: unknown, mention: Mention): ReadContent {
  if (typeof part === 'string') return { parts: textParts(part), isWhole: false };
  if (!isJson(part)) return { parts: [], isWhole: false };
  const { text, image_file: file, image_url: image, image_file_id: fileId, refusal } = part;
  if (isJson(text)) return readText(part, text, mention);
  if (typeof text === 'string') return { parts: textParts(text), isWhole: false };
  if (isJson(file)) return readImage(part, file, { url: null, fileId: mentioned(file['file_id'], mention) });
  if (isJson(image)) return readImage(part, image, { url: textOf(image['url']), fileId: null });
  if (textOf(fileId) !== null) return readImage(part, {}, { url: null, fileId: mentioned(fileId, mention) });
  return { parts: textParts(plainText(refusal)), isWhole: false };
}

const details = ['auto', 'low', 'high'];

function readImage(part: Json, image: Json, source: { url: string | null; fileId: string | null }): ReadContent {
  const detail = textOf(image['detail']);
  if (source.url === null && source.fileId === null) return { parts: [], isWhole: false };
  const isWhole = hasOnly(part, 2) && hasOnly(image, 2) && detail !== null && details.includes(detail);
  return { parts: [{ type: 'image', ...source, detail }], isWhole };
}

function readText(part: Json, { value, annotations, ...rest }: Json, mention: Mention): ReadContent {
  const text = plainText(value);
  const marks = Array.isArray(annotations) ? annotations : [];
  const offsets = marks.length === 0 ? [] : offsetsIn(text);
  const citations = marks.map((mark) => (isJson(mark) ? readCitation(mark, offsets, mention) : null));
  const isPlain = hasOnly(part, 2) && typeof value === 'string' && text !== '' && Object.keys(rest).length === 0;
  return {
    parts: textParts(
      text,
      citations.filter((citation) => citation !== null),
    ),
    isWhole: isPlain && Array.isArray(annotations) && !citations.includes(null),
  };
}

/** A citation of a file whose place lies inside the text; the original counts in code points, rows in UTF-16 units. */
function readCitation(mark: Json, offsets: readonly number[], mention: Mention): Citation | null {
  const { type, text, start_index: start, end_index: end, file_citation: cited } = mark;
  const fileId = isJson(cited) && hasOnly(cited, 1) ? mentioned(cited['file_id'], mention) : null;
  if (type !== 'file_citation' || typeof text !== 'string' || fileId === null || !hasOnly(mark, 5)) return null;
  const [from, to] = [offsets[Number(start)], offsets[Number(end)]];
  if (typeof start !== 'number' || typeof end !== 'number' || from === undefined || to === undefined || from > to) {
    return null;
  }
  return { type, text, start: from, end: to, fileId };
}

/** Where each code point of a text begins, and where the last one ends. */
function offsetsIn(text: string): number[] {
  const offsets = [0];
  for (const character of text) offsets.push((offsets.at(-1) ?? 0) + character.length);
  return offsets;
}

function hasOnly(object: Json, fields: number): boolean {
  return Object.keys(object).length === fields;
}
