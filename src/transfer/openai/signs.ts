import { isJson, textOf, type Json } from './json.js';
import { isList, singleOf } from './shapes.js';

/*
 * What tells the forms that people's scripts have given to objects of the API, and what to say of what has none.
 */

/** True for a page of a list. */
export function isPage(value: unknown): value is Json {
  return isJson(value) && isList(value);
}

/** True for what was said in a thread: a list, or a page of one. */
export function isTalk(value: unknown): boolean {
  return Array.isArray(value) || isPage(value);
}

/** True for a bundle that has nothing but single objects under their names. */
export function isBundleOfOne(object: Json): boolean {
  const isSaid = 'id' in object || 'role' in object;
  return !isSaid && Object.entries(object).some(([name, value]) => isJson(value) && singleOf(name) !== null);
}

/** The settings of one assistant, as a script keeps them to bring them up to date. */
export function isSettings(object: Json): boolean {
  return (
    'assistant_id' in object && 'model' in object && !('id' in object || 'role' in object || 'thread_id' in object)
  );
}

/** True for what is left of a large document between its collections. */
export function isLoneFact(object: Json): boolean {
  const [fact, ...others] = Object.values(object);
  return fact !== undefined && others.length === 0 && (typeof fact !== 'object' || fact === null);
}

/** What is told of an object that is of no known kind. */
export function nameless(object: Json): string {
  const word = textOf(object['object']);
  if (word?.endsWith('.deleted') === true) return 'The answer to a deletion holds nothing to take in.';
  if (word !== null) return `Objects of the kind "${word.slice(0, 60)}" are not taken in.`;
  if ('raw' in object) return 'A script could save only what Python prints of this object.';
  const names = Object.keys(object)
    .slice(0, 8)
    .map((name) => name.slice(0, 30));
  return `It is not known what an object with these fields is: ${names.join(', ') || 'none'}.`;
}
