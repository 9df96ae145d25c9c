import { derivedId } from '../../../domain/derived-id.js';
import { flagIn, idIn, jsonIn, listIn, textIn, timeIn, type Row } from '../cells.js';
import { firstRow, tooLarge, type LettaDatabase, type RowQuery } from '../database.js';
import type { MessageSource } from '../history.js';
import { readMessage, type LettaMessage } from '../message.js';
import { unpackText } from '../packed-text.js';

/** The tables of messages: up to MemGPT 0.3.25, and since. A file that was opened by both servers has both. */
const oldMessages = 'memgpt_recall_memory_agent';
const newMessages = 'messages';

const columns: readonly string[] = [
  ...['id', 'role', 'text', 'content', 'name', 'tool_calls', 'tool_call_id', 'tool_returns', 'created_at', 'is_err'],
  ...['approve', 'denial_reason', 'approvals', 'conversation_id', 'is_deleted'],
];

/** The messages of an agent in a database: those of one of its conversations, or those that are in none. */
export function messageSource(
  database: LettaDatabase,
  agentId: string,
  conversationId: string | null = null,
): MessageSource {
  const tables = [oldMessages, newMessages].filter((table) => database.has(table, 'agent_id'));
  const clocks = new Map(tables.map((table) => [table, new Clock(table === oldMessages)]));
  const isHere = (row: Row): boolean => idIn(row['conversation_id']) === conversationId;
  const read = (row: Row, table: string): LettaMessage | null => {
    const id = idIn(row['id']);
    if (id === null || flagIn(row['is_deleted'])) return null;
    const written = timeIn(row['created_at']) ?? 0;
    const createdAt = clocks.get(table)?.utc(written, textIn(row['text'])) ?? written;
    // A conversation that was forked from another begins with messages of that one.
    const own = isHere(row) || conversationId === null ? id : derivedId('letta message', conversationId, id);
    const message = readMessage(own, createdAt, fieldsOf(row));
    if (flagIn(row[tooLarge])) message.changes.push(tooLargeWords);
    if (isNoJson(row['tool_calls']) || isNoJson(row['content'])) message.changes.push(noJsonWords);
    if (createdAt !== written) message.changes.push(localTimeWords);
    return message;
  };
  return {
    all: async function* () {
      for (const table of tables) {
        const order = database.has(table, 'sequence_id') ? ['sequence_id'] : ['created_at', 'id'];
        const query: RowQuery = { table, columns, where: { agent_id: agentId }, order };
        await clocks.get(table)?.set(database, query);
        for await (const row of database.rows(query)) {
          const message = isHere(row) ? read(row, table) : null;
          if (message !== null) yield message;
        }
      }
    },
    find: async (id) => {
      for (const table of tables) {
        const row = await firstRow(database, { table, columns, where: { id, agent_id: agentId } });
        const message = row === null ? null : read(row, table);
        if (message !== null) return message;
      }
      return null;
    },
  };
}

/** True for a cell that holds something, and no JSON: a pickle, say, which is never opened. */
function isNoJson(cell: unknown): boolean {
  const text = textIn(cell)?.trim() ?? '';
  return text !== '' && text !== 'null' && jsonIn(cell) === null;
}

const noJsonWords = 'A part of this message is no JSON, a pickle of Python perhaps, and was left behind.';
const tooLargeWords = 'A part of this message is larger than any that is read, and was left behind.';
const localTimeWords = 'The time of this message was written by a local clock, and was set to universal time.';

/** A row with its JSON read. */
function fieldsOf(row: Row): Record<string, unknown> {
  return {
    ...row,
    content: jsonIn(row['content']),
    tool_calls: jsonIn(row['tool_calls']),
    tool_returns: jsonIn(row['tool_returns']),
    approvals: listIn(row['approvals']),
    approve: row['approve'] === null || row['approve'] === undefined ? null : flagIn(row['approve']),
    is_err: flagIn(row['is_err']),
  };
}

const quarterHour = 15 * 60_000;
const halfDay = 14 * 4 * quarterHour;

/**
 * Sets times to UTC that the first releases wrote by the clock on the wall: how far that clock was ahead shows in the
 * messages which have the time, with its zone, in their text too. A message without holds by the one before it.
 */
class Clock {
  private ahead = 0;

  constructor(private readonly isDoubtful: boolean) {}

  /** Finds out how far the clock was ahead when the first message was written. */
  async set(database: LettaDatabase, query: RowQuery): Promise<void> {
    if (!this.isDoubtful) return;
    const where = { ...query.where, role: 'tool' };
    const row = await firstRow(database, { ...query, columns: ['text', 'created_at'], where });
    if (row !== null) this.utc(timeIn(row['created_at']) ?? 0, textIn(row['text']));
  }

  utc(written: number, text: string | null): number {
    if (!this.isDoubtful) return written;
    const told = text === null ? null : (unpackText(text)?.at ?? null);
    if (told !== null) {
      const zone = Math.round((written - told) / quarterHour) * quarterHour;
      const isZone = Math.abs(written - told - zone) < quarterHour / 3 && Math.abs(zone) <= halfDay;
      this.ahead = isZone ? zone : 0;
    }
    return written - this.ahead;
  }
}
