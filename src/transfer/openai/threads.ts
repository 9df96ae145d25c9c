import { derivedId } from '../../domain/derived-id.js';
import { memoryKeyFrom } from '../../domain/memory-key.js';
import type { Place, Problem, TransferRecord } from '../record.js';
import { hasOtherThanText, pairsOf, savedFields } from './fields.js';
import { idFor, isUnaskable, type ApiIdKind } from './ids.js';
import type { Json } from './json.js';
import { messageRecords } from './messages.js';
import { readResources, resourcesShown } from './resources.js';
import { runRecords, type StepWriting } from './runs.js';
import type { Shelf, Shelved } from './shelf.js';
import { writingOf, type Writing } from './writing.js';

/** What is needed to make records of what lies on a shelf. */
export interface Desk {
  shelf: Shelf;
  placeOf(shelved: Shelved): Place;
  /** The time of what has none: when its file was written. */
  timeOf(shelved: Shelved): number;
}

/** The fields of a thread that the API has. */
const scriptFields = [
  'id',
  'object',
  'created_at',
  'createdAt',
  'updatedAt',
  'created',
  'title',
  'assistants',
  'isAnnotated',
];

/** A thread with all that was said and done in it. `thread` is null where only its messages are there. */
export function* threadRecords(desk: Desk, id: string, thread: Shelved | null): Generator<TransferRecord | Problem> {
  const { shelf } = desk;
  const first = thread ?? firstOf(shelf, id);
  if (first === null) return;
  const createdAt = first.at ?? desk.timeOf(first);
  const threadId = idFor('conversation', id);
  const object = thread?.object ?? {};
  const writing = writingOf(desk.placeOf(first), { object, id: threadId, createdAt, shelf });
  if (thread === null)
    yield writing.problem('note', 'A thread itself is not in the export; it was made from its messages.');
  if (isUnaskable('conversation', id)) yield writing.problem('changed', newIdGiven);
  yield* conversationRecords(writing);
  let seq = 0;
  let at = createdAt;
  for (const shelved of shelf.belongingTo('message', id)) {
    seq += 1;
    at = shelved.at ?? at;
    const message = shelved.id ?? derivedId('openai', 'message', id, seq, JSON.stringify(shelved.object));
    yield* messageRecords(openWriting(desk, 'message', { ...shelved, id: message, at }), { threadId, seq });
  }
  for (const shelved of shelf.belongingTo('run', id)) {
    const run = openWriting(desk, 'run', shelved);
    yield* runRecords(run, { threadId, steps: shelved.id === null ? [] : stepsOf(desk, shelved.id) });
  }
}

/** What is told where an id could not stay. */
export const newIdGiven = 'An id was none that the API could be asked for; it became another.';

/** The writing of an object under its own id, or one that is derived from what it says. */
export function openWriting(desk: Desk, kind: ApiIdKind, shelved: Shelved): Writing {
  const { object } = shelved;
  const id = shelved.id === null ? derivedId('openai', kind, JSON.stringify(object)) : idFor(kind, shelved.id);
  const createdAt = shelved.at ?? desk.timeOf(shelved);
  return writingOf(desk.placeOf(shelved), { object, id, createdAt, shelf: desk.shelf });
}

function firstOf(shelf: Shelf, threadId: string): Shelved | null {
  for (const message of shelf.belongingTo('message', threadId)) return message;
  for (const run of shelf.belongingTo('run', threadId)) return run;
  return null;
}

function stepsOf(desk: Desk, runId: string): StepWriting[] {
  return [...desk.shelf.belongingTo('step', runId)].map((shelved, turn) => ({
    ...openWriting(desk, 'step', shelved),
    turn,
  }));
}

function* conversationRecords({
  object,
  id,
  createdAt,
  shelf,
  mention,
  record,
  problem,
}: Writing): Generator<TransferRecord | Problem> {
  const metadata = pairsOf(object['metadata']);
  const resources = readResources(object['tool_resources'], mention);
  const isOdd = hasOtherThanText(object['metadata']);
  if (isOdd) yield problem('changed', 'Values of metadata that were no text became text.');
  const { codeFileIds } = resources;
  yield record('conversation', {
    ...{ id, memoryKey: memoryKeyFrom(metadata), metadata, lastSeq: 0, createdAt },
    faceData: {
      ...(codeFileIds.length === 0 ? {} : { codeFileIds }),
      ...savedFields(apiFieldsOf(object), {
        shown: { metadata, tool_resources: resourcesShown(resources, shelf, null) },
        changeable: ['metadata', 'tool_resources'],
        skipped: [...scriptFields, ...(isOdd ? ['metadata'] : [])],
      }),
    },
  });
  for (const libraryId of resources.libraryIds) {
    yield record('conversation-library', { conversationId: id, libraryId: idFor('library', libraryId), createdAt });
  }
}

/** Fields beyond the API's are given back only by what says of itself that it is the API's. */
function apiFieldsOf(object: Json): Json {
  if (object['object'] === 'thread') return object;
  const { metadata, tool_resources } = object;
  return Object.fromEntries(Object.entries({ metadata, tool_resources }).filter(([, value]) => value !== undefined));
}
