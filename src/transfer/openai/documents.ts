import { readLines } from '../lines.js';
import type { SourceFile } from '../reader.js';
import type { Problem } from '../record.js';
import { CsvFault, csvMessages, csvTableOf, isCsv } from './csv.js';
import { encodingOf, readText, type Encoding } from './encoding.js';
import { SplitFault, Splitter, type Opens, type Piece } from './splitter.js';
import { isYaml, readYaml } from './yaml.js';

/** A JSON value of a file. */
export interface Document {
  kind: 'document';
  value: unknown;
  line: number;
}

/** Characters of a document that is read as one. */
const wholeCharsMax = 16 * 1024 * 1024;

/** The collections in a large document that are read member by member. */
const collections =
  /^(assistants|threads|messages|runs|(run_?)?steps|files|vector_?stores|vector_?store_?files|data)$/iu;

/** Reads the JSON values of a file, one after another, in whatever way they were put there. */
export async function* readDocuments(file: SourceFile): AsyncGenerator<Document | Problem> {
  const encoding = await encodingOf(file.path);
  if (encoding === 'windows-1252') {
    yield problemAt(file, null, 'changed', 'The file is not UTF-8; it was read as Windows-1252.');
  }
  if (isYaml(file.name)) yield* readYamlOf(file, encoding);
  else if (isCsv(file)) yield* readTableOf(file);
  else if (encoding === 'utf-8' && /\.(jsonl|ndjson)$/iu.test(file.name)) yield* readLinesOf(file);
  else yield* readPieces(file, encoding);
}

async function* readYamlOf(file: SourceFile, encoding: Encoding): AsyncGenerator<Document | Problem> {
  if (file.bytes > wholeCharsMax) {
    yield problemAt(file, null, 'broken', 'The file of YAML is larger than any that is read.');
    return;
  }
  let text = '';
  for await (const piece of readText(file.path, encoding)) text += piece;
  for (const read of readYaml(text)) {
    if ('why' in read) yield problemAt(file, read.line, 'broken', read.why);
    else yield { kind: 'document', ...read };
  }
}

async function* readTableOf(file: SourceFile): AsyncGenerator<Document | Problem> {
  const table = await csvTableOf(file);
  if (table === null) {
    const why = 'A table is read where its columns are those of messages: thread_id, role, content and created_at.';
    yield problemAt(file, 1, 'broken', why);
    return;
  }
  try {
    for await (const row of csvMessages(file, table)) yield { kind: 'document', ...row };
  } catch (error) {
    if (!(error instanceof CsvFault)) throw error;
    yield problemAt(file, error.line, 'broken', error.message);
  }
}

/** A problem of a file. */
export function problemAt(
  file: SourceFile,
  line: number | null,
  severity: Problem['severity'],
  why: string,
  at: string | null = null,
): Problem {
  return { kind: 'problem', place: { file: file.name, line, at }, severity, why };
}

async function* readLinesOf(file: SourceFile): AsyncGenerator<Document | Problem> {
  for await (const { number, text, isCut } of readLines(file.path)) {
    if (isCut) yield problemAt(file, number, 'broken', 'The line is too long.');
    else
      yield* parseAll(file, function* () {
        const splitter = new Splitter(opensNothing, number);
        yield* splitter.write(text);
        yield* splitter.end();
      });
  }
}

async function* readPieces(file: SourceFile, encoding: Encoding): AsyncGenerator<Document | Problem> {
  const opens =
    file.bytes > wholeCharsMax && (await isOneLargeDocument(file, encoding)) ? opensCollections : opensNothing;
  const splitter = new Splitter(opens);
  yield* parseAll(file, async function* () {
    for await (const text of readText(file.path, encoding)) yield* splitter.write(text);
    yield* splitter.end();
  });
}

/** Parses pieces as far as they go. */
async function* parseAll(
  file: SourceFile,
  pieces: () => Iterable<Piece> | AsyncIterable<Piece>,
): AsyncGenerator<Document | Problem> {
  try {
    for await (const piece of pieces()) yield parse(file, piece);
  } catch (error) {
    if (!(error instanceof SplitFault)) throw error;
    yield problemAt(file, error.line, 'broken', error.message);
  }
}

const opensNothing: Opens = () => false;

/** Opens a document, its collections, and the list or the map inside one. */
const opensCollections: Opens = (bracket, outer) => {
  const [root, member] = outer;
  if (root === undefined) return true;
  if (root.bracket === '[') return false;
  if (member === undefined) return bracket === '[' || collections.test(root.name ?? '');
  return outer.length === 2 && member.bracket === '{' && bracket === '[';
};

/** True where the first value of a file is not at its end after as much as is read as one. */
async function isOneLargeDocument(file: SourceFile, encoding: Encoding): Promise<boolean> {
  const splitter = new Splitter(opensNothing);
  let chars = 0;
  for await (const text of readText(file.path, encoding)) {
    if (splitter.write(text).length > 0) return false;
    chars += text.length;
    if (chars > wholeCharsMax) return true;
  }
  return false;
}

function parse(file: SourceFile, piece: Piece): Document | Problem {
  const { text, line } = piece;
  try {
    return { kind: 'document', value: withSurroundings(JSON.parse(text) as unknown, piece), line };
  } catch (error) {
    const place = /position (\d+)/u.exec(error instanceof Error ? error.message : '')?.[1];
    const before = place === undefined ? '' : text.slice(0, Number(place));
    return problemAt(file, line + before.split('\n').length - 1, 'broken', faultIn(text));
  }
}

/** A value from inside a large document, with as much around it as tells what it is. */
function withSurroundings(value: unknown, { path, isItem }: Piece): unknown {
  return path.reduceRight<unknown>(
    (inner, name) => Object.fromEntries([[name, inner]]),
    isItem && path.length > 0 ? [value] : value,
  );
}

const pythonPrint = /\b(?:None|True|False)\b|\b[A-Z]\w+\(\w+=|[{[,]\s*'/u;

function faultIn(text: string): string {
  return pythonPrint.test(text.slice(0, 2_000))
    ? 'This is what Python prints of its objects, and no JSON: save them with model_dump_json().'
    : 'This is no JSON.';
}
