import { isDeepStrictEqual } from 'node:util';
import { savedKey, type SavedField, type SavedFields } from '../../domain/saved-fields.js';
import { isJson, plainText, type Json } from './json.js';

/** Free pairs as they are kept: what is no text becomes one. */
export function pairsOf(metadata: unknown): Record<string, string> {
  if (!isJson(metadata)) return {};
  return Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, plainText(value)]));
}

/** True where pairs hold something besides text. */
export function hasOtherThanText(metadata: unknown): boolean {
  return isJson(metadata) && Object.values(metadata).some((value) => typeof value !== 'string');
}

/** How the fields of an original are told from what its row shows. */
export interface Comparison {
  /** What the row shows. */
  shown: Json;
  /** Fields that callers can change later. */
  changeable?: readonly string[];
  /** Fields that have become something else. */
  skipped?: readonly string[];
}

/** The data of a face that gives an original's fields back wherever the row shows them otherwise or not at all. */
export function savedFields(original: Json, { shown, changeable = [], skipped = [] }: Comparison): Json {
  const saved: SavedFields = Object.fromEntries(
    Object.entries(original).flatMap(([name, value]): [string, SavedField][] => {
      if (skipped.includes(name) || isDeepStrictEqual(value, shown[name])) return [];
      return [
        [
          name,
          changeable.includes(name) && name in shown ? { original: value, shown: shown[name] } : { original: value },
        ],
      ];
    }),
  );
  return Object.keys(saved).length === 0 ? {} : { [savedKey]: saved };
}

/** Whole seconds, as the API tells times. */
export function toSeconds(at: number): number {
  return Math.floor(at / 1_000);
}
