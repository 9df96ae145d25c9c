import { isJson, textOf, type Json } from './json.js';

/** The kinds of object that an export holds. */
export type ObjectKind = 'assistant' | 'thread' | 'message' | 'run' | 'step' | 'store' | 'store-file' | 'file';

const words: ReadonlyMap<string, ObjectKind> = new Map([
  ['assistant', 'assistant'],
  ['thread', 'thread'],
  ['thread.message', 'message'],
  ['thread.run', 'run'],
  ['thread.run.step', 'step'],
  ['vector_store', 'store'],
  ['vector_store.file', 'store-file'],
  ['file', 'file'],
]);

const prefixes: readonly (readonly [RegExp, ObjectKind])[] = [
  [/^asst_/u, 'assistant'],
  [/^thread_/u, 'thread'],
  [/^msg_/u, 'message'],
  [/^run_/u, 'run'],
  [/^step_/u, 'step'],
  [/^vs_/u, 'store'],
  [/^(?:file|assistant)-/u, 'file'],
];

/** The collections of a bundle, by their names without marks between the words. */
const collections: ReadonlyMap<string, ObjectKind> = new Map([
  ['assistants', 'assistant'],
  ['threads', 'thread'],
  ['conversations', 'thread'],
  ['messages', 'message'],
  ['runs', 'run'],
  ['steps', 'step'],
  ['runsteps', 'step'],
  ['files', 'file'],
  ['vectorstores', 'store'],
  ['vectorstorefiles', 'store-file'],
]);

/** What stands alone under its name in a bundle. */
const singles: ReadonlyMap<string, ObjectKind> = new Map([
  ['assistant', 'assistant'],
  ['thread', 'thread'],
  ['run', 'run'],
  ['vectorstore', 'store'],
]);

/** The kind of what stands under this name where only one of it is there, or null. */
export function singleOf(name: string): ObjectKind | null {
  return singles.get(name.replaceAll(/[_-]/gu, '').toLowerCase()) ?? null;
}

/** The kind of what has this id, by its beginning, or null. */
export function kindOfId(id: string): ObjectKind | null {
  return prefixes.find(([form]) => form.test(id))?.[1] ?? null;
}

/** The kind of thing by whose ids an object keeps what it holds; null for an object that is no such map. */
export function mapKindOf(object: Json): ObjectKind | null {
  const [first, ...others] = Object.keys(object).map(kindOfId);
  const isOfOne = first !== undefined && others.every((kind) => kind === first);
  return isOfOne && Object.values(object).every((value) => isJson(value) || Array.isArray(value)) ? first : null;
}

/** The kind of what a collection of this name holds, or null. */
export function collectionOf(name: string): ObjectKind | null {
  return collections.get(name.replaceAll(/[_-]/gu, '').toLowerCase()) ?? null;
}

/** What an object is: by what it says itself, by where it stands, by its id, by its fields; null where nothing tells. */
export function kindOf(object: Json, expected: ObjectKind | null): ObjectKind | null {
  const word = object['object'];
  if (typeof word === 'string') return words.get(word) ?? null;
  if (expected !== null) return expected;
  const named = kindOfId(textOf(object['id']) ?? '');
  if (named !== null) return named;
  if ('model' in object && 'instructions' in object && 'tools' in object) return 'assistant';
  const isSaid = 'content' in object || 'text' in object || 'message' in object;
  return isSaid && speakerFields.some((name) => name in object) ? 'message' : null;
}

/** Fields in which scripts keep who said something; the API's own is the first. */
export const speakerFields: readonly string[] = ['role', 'from', 'sender', 'author'];

const lookAlikes: readonly (readonly [name: string, keys: readonly string[]])[] = [
  ['a voice assistant of Vapi', ['voice', 'transcriber']],
  ['a voice assistant of Vapi', ['voice', 'firstMessage']],
  ['a thread of LangGraph', ['thread_id', 'values']],
  ['an export of a ChatGPT account', ['mapping', 'current_node']],
  ['an export of a ChatGPT account', ['mapping', 'title']],
  ['a backup of Home Assistant', ['homeassistant', 'slug']],
  ['an export of the social network Threads', ['text_post_app_text_posts']],
];

/** What an object of another product is, or null. */
export function lookAlikeOf(object: Json): string | null {
  if (typeof object['object'] === 'string') return null;
  return lookAlikes.find(([, keys]) => keys.every((key) => Object.hasOwn(object, key)))?.[0] ?? null;
}

/** The object that a saved answer of the API has inside, or null. */
export function answerIn(object: Json): unknown {
  const { body, response } = object;
  if (isJson(response) && 'body' in response) return response['body'];
  return isJson(body) && !('role' in object) ? body : null;
}

/** True for a list as the API answers it, or a page of an SDK. */
export function isList(object: Json): boolean {
  return object['object'] === 'list' || (Array.isArray(object['data']) && typeof object['object'] !== 'string');
}
