import type { LongConversation } from './long-conversations.js';

/** A way to keep a conversation. */
export interface Layout {
  name: string;
  /** One thread, in which all was said today; else one for each session, with its times. */
  inOneThread: boolean;
  write(told: Told): string;
  /** Comes after every message. */
  reply?: string;
}

interface Told {
  speaker: string;
  text: string;
  /** In seconds. */
  at: number;
}

/** A turn is taken to last so long. */
const secondsPerTurn = 30;

const withName: Layout['write'] = ({ speaker, text }) => `${speaker}: ${text}`;
const withTime: Layout['write'] = (told) =>
  `[${new Date(told.at * 1_000).toISOString().slice(0, 16).replace('T', ' ')}] ${withName(told)}`;

/** The ways that are measured, first the one that has every row of its own. */
export const layouts: readonly [Layout, ...Layout[]] = [
  { name: 'all', inOneThread: false, write: withName },
  { name: 'all, in one thread', inOneThread: true, write: withName },
  { name: 'all, in one thread, each answered with "Noted."', inOneThread: true, write: withName, reply: 'Noted.' },
  { name: 'all, in one thread, as "[time] Name: text"', inOneThread: true, write: withTime },
  { name: 'all, in one thread, without names, in two roles', inOneThread: true, write: ({ text }) => text },
];

/** A conversation as it is imported. */
export interface LaidOut {
  threads: { thread: { id: string }; messages: object[] }[];
  /** Which turn a text is. */
  turnOf: ReadonlyMap<string, string>;
}

/** Lays out a conversation so that its threads have one memory under a key. */
export function layOut(conversation: LongConversation, layout: Layout, memory: string): LaidOut {
  const now = Math.floor(Date.now() / 1_000);
  const turnOf = new Map<string, string>();
  const sessions = conversation.sessions.map(({ turns, time }, session) => ({
    thread: threadOf(`${memory}_${session}`, time, memory),
    messages: turns.flatMap(({ id, speaker, text: words, image_caption: caption }, turn) => {
      const at = time + turn * secondsPerTurn;
      const text = `${words}${caption === undefined ? '' : ` [image: ${caption}]`}`;
      const content = layout.write({ speaker, text, at });
      const role = speaker === conversation.speakers[0] ? 'user' : 'assistant';
      turnOf.set(content, id);
      const own = { id: `msg_${memory}_${session}_${turn}`, object: 'thread.message' };
      const created_at = layout.inOneThread ? now : at;
      const said = { ...own, role, content, created_at };
      if (layout.reply === undefined) return [said];
      return [said, { ...own, id: `${own.id}_reply`, role: 'assistant', content: layout.reply, created_at }];
    }),
  }));
  if (!layout.inOneThread) return { threads: sessions, turnOf };
  const messages = sessions.flatMap((session) => session.messages);
  return { threads: [{ thread: threadOf(memory, now, memory), messages }], turnOf };
}

function threadOf(name: string, createdAt: number, memory: string): LaidOut['threads'][number]['thread'] {
  const thread = { id: `thread_${name}`, object: 'thread', created_at: createdAt, metadata: { memory } };
  return thread;
}
