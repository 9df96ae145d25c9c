import type { Place, Problem, RecordValues, TransferRecord } from '../record.js';
import type { TransferKind } from '../../domain/transfer.js';
import { idFor, type ApiIdKind } from './ids.js';
import type { Json } from './json.js';
import type { ObjectKind } from './shapes.js';
import type { Shelf } from './shelf.js';

/** An object that is being made into records, with what is needed for it. */
export interface Writing {
  object: Json;
  /** The id it gets here. */
  id: string;
  /** In milliseconds. */
  createdAt: number;
  /** All other objects of the export. */
  shelf: Shelf;
  /** The id of another thing here: as it came, unless the export holds the thing itself and it had to get another. */
  mention(kind: ApiIdKind, id: string): string;
  record<K extends TransferKind>(kind: K, value: RecordValues[K]): TransferRecord;
  problem(severity: Problem['severity'], why: string): Problem;
}

const objectKinds: Record<ApiIdKind, ObjectKind> = {
  ...{ agent: 'assistant', conversation: 'thread', message: 'message', run: 'run', step: 'step', file: 'file' },
  library: 'store',
};

/** The writing of an object that stands somewhere. */
export function writingOf(place: Place, given: Pick<Writing, 'object' | 'id' | 'createdAt' | 'shelf'>): Writing {
  return {
    ...given,
    mention: (kind, id) => (given.shelf.has(objectKinds[kind], id) ? idFor(kind, id) : id),
    record: (kind, value) => recordAt(place, kind, value),
    problem: (severity, why) => ({ kind: 'problem', place, severity, why }),
  };
}

/** A record of an object that stands somewhere; it is to be the importer's. */
export function recordAt<K extends TransferKind>(place: Place, kind: K, value: RecordValues[K]): TransferRecord {
  // The two go together by the type of the parameters, which the compiler does not carry over to the union.
  return { kind, place, ownerId: null, value } as TransferRecord;
}
