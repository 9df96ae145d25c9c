import { isDeepStrictEqual } from 'node:util';

/*
 * An imported object is given back as it was, also where a row has no place for what it said. Whatever a row would
 * show otherwise lies beside it, in the data of the face, under this name.
 */

/** The key of the saved fields in `faceData`. */
export const savedKey = 'saved';

/** What the original said in a field. */
export interface SavedField {
  original: unknown;
  /** What the row shows in its place for as long as nobody has changed it; absent for a field that nobody can change. */
  shown?: unknown;
}

/** Fields of an object, by the names its face has for them. */
export type SavedFields = Record<string, SavedField>;

/** An object as its face shows it, with every field that nobody has changed since as the original had it. */
export function withSaved<T extends Record<string, unknown>>(object: T, saved: unknown): T {
  if (saved === undefined) return object;
  const fields = Object.entries(saved as SavedFields).flatMap(([name, field]) =>
    !('shown' in field) || isDeepStrictEqual(object[name], field.shown) ? [[name, field.original] as const] : [],
  );
  return { ...object, ...Object.fromEntries(fields) };
}
