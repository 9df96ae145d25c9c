import type { Problem } from '../record.js';
import { asApiObject, isJson, listOf, readTime, textOf, type Json } from './json.js';
import { nestedIn } from './nested.js';
import {
  answerIn,
  collectionOf,
  isList,
  kindOf,
  kindOfId,
  lookAlikeOf,
  mapKindOf,
  singleOf,
  type ObjectKind,
} from './shapes.js';
import { isBundleOfOne, isLoneFact, isPage, isSettings, isTalk, nameless } from './signs.js';
import { SplitFault, Splitter } from './splitter.js';

/** What is found in a document. */
export type Find =
  | { type: 'object'; kind: ObjectKind; object: Json; parentId: string | null; at: string }
  | { type: 'bytes'; fileId: string; base64: string }
  | { type: 'remark'; severity: Problem['severity']; why: string; at: string };

/** Where in an export something stands. */
export interface Surroundings {
  /** What a collection around it is said to hold. */
  expected: ObjectKind | null;
  /** The thread, run or vector store around it. */
  parentId: string | null;
  /** The way to it from the beginning of the document. */
  at: string;
}

const moreOfIt = 'A list says that there is more of it.';

/** The fields of a thread that a script kept beside its messages. */
const threadFields = ['created_at', 'started_time', 'metadata', 'tool_resources'];

/**
 * Looks through a value for objects of the API: in lists and pages of them, in saved answers, in bundles and maps, in
 * texts that hold JSON, and in the forms that people's scripts have given them.
 */
export function* findObjects(value: unknown, around: Surroundings): Generator<Find> {
  if (typeof value === 'string') yield* findInText(value, around);
  else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      // Of pages that were saved together only the last one tells whether there was more.
      const page = isPage(item) && isPage(value[index + 1]) ? { ...item, has_more: false } : item;
      yield* findObjects(page, { ...around, at: `${around.at}[${index}]` });
    }
  } else if (isJson(value)) yield* findIn(asApiObject(value), around);
}

function* findInText(text: string, around: Surroundings): Generator<Find> {
  let inner: unknown = null;
  try {
    // It counts how deep the values inside are nested; the document around them says nothing of that.
    new Splitter(() => false).write(text);
    inner = JSON.parse(text);
  } catch (error) {
    // Otherwise these are words, and no JSON inside the text.
    if (error instanceof SplitFault) yield remark(around, 'broken', error.message);
  }
  if (isJson(inner) || Array.isArray(inner)) yield* findObjects(inner, around);
  else yield remark(around, 'left-out', 'A text stands where an object was expected.');
}

function* findIn(object: Json, around: Surroundings): Generator<Find> {
  const other = lookAlikeOf(object);
  const inner = answerIn(object);
  if (isLoneFact(object)) {
    if (object['has_more'] === true) yield remark(around, 'note', moreOfIt);
  } else if (other !== null) yield remark(around, 'broken', `This is ${other}, and no export of Assistants.`);
  else if (isList(object)) yield* findInList(object, around);
  else if (inner !== null) yield* findObjects(inner, around);
  else if (isJson(object['identity']) && isJson(object['manifest'])) yield* findInSnapshot(object['identity'], around);
  else if (typeof object['object'] === 'string') yield* findOne(object, around);
  else if (isSettings(object)) yield* findInSettings(object, around);
  else if ('thread_id' in object && ('thread' in object || isTalk(object['messages']))) {
    yield* findInTranscript(object, around);
  } else if (isJson(object['thread'])) yield* findInThread(object, around);
  else if ('message_id' in object && 'role' in object) {
    yield* findOne({ ...object, id: object['message_id'] }, { ...around, expected: 'message' });
  } else if (around.expected === null && Object.keys(object).some((name) => collectionOf(name) !== null)) {
    yield* 'id' in object ? findOne(object, threadIfSaid(object, around)) : findInBundle(object, around);
  } else if (around.expected === null && isBundleOfOne(object)) yield* findInBundle(object, around);
  else if (around.expected === null && mapKindOf(object) !== null) {
    yield* findInMap(object, { ...around, expected: mapKindOf(object) });
  } else yield* findOne(object, around);
}

function* findInSettings({ assistant_id: id, ...settings }: Json, around: Surroundings): Generator<Find> {
  yield* findOne({ ...settings, id }, { ...around, expected: 'assistant' });
}

function* findInList(list: Json, around: Surroundings): Generator<Find> {
  yield* findObjects(list['data'], { ...around, at: `${around.at}.data` });
  if (list['has_more'] === true) yield remark(around, 'note', moreOfIt);
}

/** A thread with its messages, its runs and whatever else side by side. */
function* findInThread({ thread, ...rest }: Json, around: Surroundings): Generator<Find> {
  const parentId = isJson(thread) ? textOf(thread['id']) : null;
  yield* findObjects(thread, { ...around, expected: 'thread', at: `${around.at}.thread` });
  yield* findInBundle(rest, { ...around, parentId });
}

/** A thread's id with what was said, and little else. */
function* findInTranscript(object: Json, around: Surroundings): Generator<Find> {
  const parentId = textOf(object['thread_id']);
  const said = object['messages'] ?? object['thread'];
  const fields = Object.fromEntries(threadFields.flatMap((name) => (name in object ? [[name, object[name]]] : [])));
  const thread = isJson(object['thread']) ? object['thread'] : fields;
  const createdAt = readTime(thread['created_at'] ?? object['started_time']);
  const time = createdAt === null ? {} : { created_at: createdAt / 1_000 };
  if (said === 'error') yield remark(around, 'left-out', 'The script that saved this thread could not read it.');
  if (!Array.isArray(said) && !isJson(said)) return;
  delete fields['started_time'];
  const found = { ...thread, ...time, id: parentId };
  yield { type: 'object', kind: 'thread', object: found, parentId: null, at: around.at };
  const items = isJson(said) && !isList(said) ? listOf(object['messages']) : said;
  yield* findObjects(items, { expected: 'message', parentId, at: `${around.at}.messages` });
  const { thread: _thread, messages: _messages, ...rest } = object;
  yield* findInBundle(rest, { ...around, parentId });
}

function* findInBundle(bundle: Json, around: Surroundings): Generator<Find> {
  for (const [name, value] of Object.entries(bundle)) {
    const at = `${around.at}.${name}`;
    const single = isJson(value) ? singleOf(name) : null;
    if (/^_?file_?contents$/iu.test(name) && isJson(value)) yield* findContents(value);
    else if (single !== null) yield* findObjects(value, { ...around, expected: single, at });
    else yield* findInCollection(value, { ...around, expected: collectionOf(name), at });
  }
}

/** A collection under its name: a list, a page of one, or a map. Around it may be the thread that it is of. */
function* findInCollection(value: unknown, around: Surroundings): Generator<Find> {
  const { expected } = around;
  if (expected === null) return;
  const parentId = ofThread.has(expected) ? around.parentId : null;
  if (isJson(value) && !isList(asApiObject(value))) yield* findInMap(value, { ...around, parentId });
  else yield* findObjects(value, { ...around, parentId });
}

const ofThread: ReadonlySet<ObjectKind> = new Set(['message', 'run']);

/** What the lists in a map from ids hold, by what has those ids. */
const listedUnder: Readonly<Partial<Record<ObjectKind, ObjectKind>>> = { run: 'step', store: 'store-file' };

function listedIn(name: string, { expected }: Surroundings): ObjectKind | null {
  if (expected === 'thread') return 'message';
  return expected !== null && kindOfId(name) === expected ? (listedUnder[expected] ?? null) : expected;
}

/** A map from ids to objects, or from a thread's, a run's or a store's id to what belongs to it. */
function* findInMap(map: Json, around: Surroundings): Generator<Find> {
  for (const [name, value] of Object.entries(map)) {
    const at = `${around.at}.${name}`;
    if (Array.isArray(value) || (isJson(value) && isList(value))) {
      yield* findObjects(value, { expected: listedIn(name, around), parentId: name, at });
    } else if (isJson(value)) {
      yield* findObjects('id' in value || 'thread' in value ? value : { ...value, id: name }, { ...around, at });
    } else yield remark({ ...around, at }, 'left-out', 'Something stands where an object was expected.');
  }
}

function* findContents(contents: Json): Generator<Find> {
  for (const [fileId, base64] of Object.entries(contents)) {
    if (typeof base64 === 'string') yield { type: 'bytes', fileId, base64 };
  }
}

/** A snapshot: the assistant is taken apart in it, and messages are not in it. */
function* findInSnapshot(identity: Json, around: Surroundings): Generator<Find> {
  const config = isJson(identity['config']) ? identity['config'] : {};
  const { assistant_id, tools_raw, vector_stores, _file_contents: contents, ...rest } = config;
  const assistant = {
    ...rest,
    id: assistant_id,
    instructions: identity['personality'] ?? null,
    tools: tools_raw ?? [],
  };
  yield* findObjects(assistant, { ...around, expected: 'assistant' });
  for (const store of listOf(vector_stores).filter(isJson)) {
    yield* findObjects(store, { expected: 'store', parentId: null, at: `${around.at}.vector_stores` });
  }
  if (isJson(contents)) yield* findContents(contents);
  yield remark(around, 'note', 'A snapshot of this kind holds no messages.');
}

/** What has messages is a thread, whatever else it lacks. */
function threadIfSaid(object: Json, around: Surroundings): Surroundings {
  return 'messages' in object ? { ...around, expected: 'thread' } : around;
}

/** An object, and whatever lies inside it. */
function* findOne(object: Json, around: Surroundings): Generator<Find> {
  const kind = kindOf(object, around.expected);
  if (kind === null) {
    yield remark(around, 'left-out', nameless(object));
    return;
  }
  const { own, nested } = nestedIn(kind, object);
  if (around.expected === 'store-file' && 'filename' in own) yield* findFileOfStore(own, around);
  else yield { type: 'object', kind, object: own, parentId: parentOf(kind, object, around), at: around.at };
  for (const { name, value, expected } of nested) {
    const within = { expected, parentId: textOf(object['id']), at: `${around.at}.${name}` };
    if (isJson(value) && !isList(asApiObject(value))) yield* findInMap(value, within);
    else yield* findObjects(value, within);
  }
  if (kind !== 'store') return;
  for (const fileId of listOf(object['file_ids']).filter((id) => textOf(id) !== null)) {
    const file = { id: fileId, object: 'vector_store.file', vector_store_id: object['id'] };
    yield { type: 'object', kind: 'store-file', object: file, parentId: textOf(object['id']), at: around.at };
  }
}

/** A file that is told where its place in a vector store was expected: both of them. */
function* findFileOfStore(file: Json, { parentId, at }: Surroundings): Generator<Find> {
  yield { type: 'object', kind: 'file', object: file, parentId: null, at };
  const object = { id: file['id'], object: 'vector_store.file', vector_store_id: parentId };
  if (parentId !== null) yield { type: 'object', kind: 'store-file', object, parentId, at };
}

const parentFields = {
  message: 'thread_id',
  run: 'thread_id',
  step: 'run_id',
  'store-file': 'vector_store_id',
} as const;

/** The id of what an object belongs to: its own word for it before its surroundings'. */
function parentOf(kind: ObjectKind, object: Json, { parentId }: Surroundings): string | null {
  if (!(kind in parentFields)) return null;
  return textOf(object[parentFields[kind as keyof typeof parentFields]]) ?? parentId;
}

function remark({ at }: Surroundings, severity: Problem['severity'], why: string): Find {
  return { type: 'remark', severity, why, at };
}
