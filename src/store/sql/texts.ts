import type { Passage } from '../../domain/memory.js';
import { textOf, type Message, type Role } from '../../domain/message.js';
import { cleanText } from '../../domain/storable-text.js';
import { scopeToken, speakerTokens } from './search/words.js';
import type { Session } from './session.js';
import { chunksOf } from './values.js';

/** A text for the index of search, with what it is the text of. */
interface Entry {
  messageId: string | null;
  passageId: string | null;
  library?: { passageId: string; fileId: string };
  /** Its place among the texts around it; null where it stands alone. */
  position: number | null;
  speaker?: string | null;
  scopeId: string;
  scope: string;
  role: Role | null;
  createdAt: number;
  text: string;
}

const entriesPerStatement = 200;

/** Makes new messages findable. Only what was said is: searches never find their own echoes, nor anybody's thoughts. */
export async function indexMessages(session: Session, ownerId: string, messages: readonly Message[]): Promise<void> {
  const entries = messages.flatMap((message) => messageEntry(ownerId, message) ?? []);
  const places = new Map<string, number>();
  const placed: Entry[] = [];
  for (const entry of entries) {
    const place = 1 + (places.get(entry.scopeId) ?? (await lastPlace(session, entry.scopeId)));
    places.set(entry.scopeId, place);
    placed.push({ ...entry, position: place });
  }
  await insertEntries(session, placed);
}

/** Makes a message findable as it now stands, or no longer. Costs nothing new where its text is the same. */
export async function reindexMessage(session: Session, ownerId: string, message: Message): Promise<void> {
  const entry = messageEntry(ownerId, message);
  let stale = session.db.deleteFrom('texts').where('message_id', '=', message.id);
  if (entry !== null) {
    stale = stale.where((is) => is.or([is('text', '<>', entry.text), is('role', 'is distinct from', entry.role)]));
  }
  const [before] = await stale.returning('position').execute();
  if (entry === null) return;
  const position = before?.position ?? (await lastPlace(session, entry.scopeId)) + 1;
  await insertEntries(session, [{ ...entry, position }]);
}

/**
 * The place of the last text of a conversation. Only what is found has one, for what agents think and do between two
 * texts sets them no further apart.
 */
async function lastPlace({ db }: Session, conversationId: string): Promise<number> {
  const last = await db
    .selectFrom('texts')
    .select('position')
    .where('scope_id', '=', conversationId)
    .where('message_id', 'is not', null)
    .orderBy('position', 'desc')
    .limit(1)
    .executeTakeFirst();
  return last?.position ?? 0;
}

/** Makes a passage findable as it now stands. A vector of an older text goes with that text. */
export async function indexPassage(session: Session, passage: Passage): Promise<void> {
  const text = cleanText(passage.text);
  await session.db.deleteFrom('texts').where('passage_id', '=', passage.id).where('text', '<>', text).execute();
  await indexPassages(session, [{ ...passage, text }]);
}

/** Makes new passages findable. */
export async function indexPassages(session: Session, passages: readonly Passage[]): Promise<void> {
  const entries = passages.map((passage): Entry => ({
    messageId: null,
    passageId: passage.id,
    position: null,
    scopeId: passage.memoryId,
    scope: scopeToken('memory', passage.memoryId),
    role: null,
    createdAt: passage.createdAt,
    text: cleanText(passage.text),
  }));
  await insertEntries(session, entries);
}

/** Writes passages of a file in a library, which are nothing but texts. They are of one file, in order. */
export async function indexLibraryPassages(
  session: Session,
  passages: readonly { id: string; libraryId: string; libraryFileId: string; position: number; text: string }[],
  createdAt: number,
): Promise<void> {
  const entries = passages.map((passage): Entry => ({
    messageId: null,
    passageId: null,
    library: { passageId: passage.id, fileId: passage.libraryFileId },
    position: passage.position,
    scopeId: passage.libraryId,
    scope: scopeToken('library', passage.libraryId),
    role: null,
    createdAt,
    text: cleanText(passage.text),
  }));
  await insertEntries(session, entries);
}

function messageEntry(ownerId: string, message: Message): Omit<Entry, 'position'> | null {
  const spoken = message.role === 'user' || message.role === 'assistant';
  if (!spoken || message.kind !== 'said' || !message.visible || message.status === 'in_progress') return null;
  const text = cleanText(textOf(message));
  if (text.trim() === '') return null;
  return {
    messageId: message.id,
    passageId: null,
    speaker: message.name,
    scopeId: message.conversationId,
    scope: [
      scopeToken('conversation', message.conversationId),
      scopeToken('owner', ownerId),
      ...speakerTokens(message.name ?? ''),
    ].join(' '),
    role: message.role,
    createdAt: message.createdAt,
    text,
  };
}

async function insertEntries(session: Session, entries: readonly Entry[]): Promise<void> {
  for (const chunk of chunksOf(entries, entriesPerStatement)) {
    const rows = chunk.map((entry) => {
      const words = session.dialect.wordIndex.entry(entry.text, entry.scope);
      return {
        message_id: entry.messageId,
        passage_id: entry.passageId,
        library_passage_id: entry.library?.passageId ?? null,
        library_file_id: entry.library?.fileId ?? null,
        position: entry.position,
        speaker: entry.speaker ?? null,
        scope_id: entry.scopeId,
        scope: entry.scope,
        role: entry.role,
        chars: entry.text.length,
        created_at: entry.createdAt,
        text: entry.text,
        ...(words === undefined ? {} : { words }),
      };
    });
    // Nothing to do where the entry is there already: one of the same text, or the delete before would have taken it.
    await session.db
      .insertInto('texts')
      .values(rows)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}
