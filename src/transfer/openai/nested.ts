import { isJson, type Json } from './json.js';
import { collectionOf, isList, type ObjectKind } from './shapes.js';

/** A collection that stands inside an object, with what it is said to hold. */
export interface Nested {
  name: string;
  value: unknown;
  expected: ObjectKind;
}

/** What scripts put inside the object that it belongs to. The API itself never does. */
const inside: Readonly<Partial<Record<ObjectKind, readonly ObjectKind[]>>> = {
  assistant: ['thread', 'store', 'file'],
  thread: ['message', 'run', 'step'],
  run: ['step'],
  store: ['file', 'store-file'],
};

/** An object without the collections that a script put inside it, and those collections. */
export function nestedIn(kind: ObjectKind, object: Json): { own: Json; nested: Nested[] } {
  const allowed = inside[kind] ?? [];
  const nested = Object.entries(object).flatMap(([name, value]): Nested[] => {
    const expected = collectionOf(name);
    if (expected === null || !allowed.includes(expected) || !isCollection(value)) return [];
    // The files of a vector store are told as files by some scripts, and as files of it by others.
    return [{ name, value, expected: kind === 'store' ? 'store-file' : expected }];
  });
  const names = new Set(nested.map(({ name }) => name));
  return { own: Object.fromEntries(Object.entries(object).filter(([name]) => !names.has(name))), nested };
}

/** True for a list of objects, a page of one, and a map to objects or lists. */
function isCollection(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isJson);
  return isJson(value) && (isList(value) || Object.values(value).every((each) => isJson(each) || Array.isArray(each)));
}
