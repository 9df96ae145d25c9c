import { cleanDeep } from '../domain/storable-text.js';
import type { IdentifiedKind, TransferValues } from '../domain/transfer.js';

/** Fields that go on by themselves, or that an import may change; two things that differ in these alone are the same. */
const passing: { [K in IdentifiedKind]?: readonly (keyof TransferValues[K])[] } = {
  user: ['name', 'organisationId', 'createdAt'],
  organisation: ['name', 'createdAt'],
  agent: ['name', 'updatedAt'],
  block: ['version', 'updatedAt'],
  template: ['updatedAt'],
  tool: ['updatedAt'],
  library: ['lastActiveAt', 'updatedAt'],
  'library-file': ['status', 'error', 'progress', 'note', 'endedAt'],
  conversation: ['lastSeq'],
  message: ['seq'],
  run: ['lastSeq'],
};

/** True where a thing of the source is what is here already, as far as the store can keep it. */
export function isSame<K extends IdentifiedKind>(kind: K, here: TransferValues[K], wanted: TransferValues[K]): boolean {
  const skipped = (passing[kind] ?? []) as readonly string[];
  const left = here as Record<string, unknown>;
  const right = wanted as Record<string, unknown>;
  return Object.keys(left).every(
    (field) => skipped.includes(field) || textOf(left[field]) === textOf(cleanDeep(right[field])),
  );
}

/** The same text for the same value, whatever the order of its keys. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}
