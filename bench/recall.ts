import { z } from 'zod';
import { layOut, layouts, type Layout } from './support/layouts.js';
import { inMs, type Section } from './support/report.js';
import { longConversations, type LongConversation } from './support/long-conversations.js';
import { noPace, openStage, password, type Stage } from './support/servers.js';
import { spreadOf } from './support/statistics.js';

const depths = [5, 10, 20] as const;

const categories: Record<number, string> = { 1: 'several turns', 2: 'time', 3: 'inference', 4: 'one turn' };

const explanation =
  'Conversations of two people over months, each taken in and continued by one assistant; then every question about ' +
  'them is sent as it stands to the search of the memory, over HTTP. Recall is the share of the turns that answer the ' +
  'question among the first hits; found is the share of questions with one of them among the first ten. No model takes ' +
  'part. Unless said otherwise there is a thread for each session, with its times, and the messages are "Name: text"; ' +
  'in one thread, all of them are of today.';

/** What became of one question. */
interface Outcome {
  conversation: string;
  category: number;
  /** The places of the answering turns among the hits, from 0. */
  places: number[];
  answers: number;
  ms: number;
}

/** How much of what was said the search finds. Nothing where the conversations are absent. */
export async function measureRecall(): Promise<Section[]> {
  const conversations = longConversations();
  if (conversations.length === 0) {
    console.log('recall: left out, the conversations are not there.');
    return [];
  }
  const stage = await openStage(noPace);
  try {
    const outcomes: Outcome[] = [];
    for (const conversation of conversations) outcomes.push(...(await ask(stage, conversation, layouts[0])));
    const rows = [['questions', 'count', ...depths.map((depth) => `recall@${depth}`), 'found@10', 'median', 'p95']];
    rows.push(rowOf('all', outcomes));
    for (const [category, name] of Object.entries(categories)) {
      rows.push(
        rowOf(
          name,
          outcomes.filter((outcome) => outcome.category === Number(category)),
        ),
      );
    }
    for (const { id } of conversations) {
      rows.push(
        rowOf(
          `of ${id}`,
          outcomes.filter((outcome) => outcome.conversation === id),
        ),
      );
    }
    for (const layout of layouts.slice(1)) {
      const others: Outcome[] = [];
      for (const conversation of conversations) others.push(...(await ask(stage, conversation, layout)));
      rows.push(rowOf(layout.name, others));
    }
    return [{ title: 'What search finds of long conversations', explanation, rows }];
  } finally {
    await stage.close();
  }
}

/** Tells a conversation to a new assistant and asks the questions about it. */
async function ask(stage: Stage, conversation: LongConversation, layout: Layout): Promise<Outcome[]> {
  const { id: assistantId } = await call(stage, idReply, '/v1/assistants', { model: 'mock' });
  const memory = `${conversation.id}_${layouts.indexOf(layout)}`;
  // Each face spells an id in its own way; the texts are the same in both.
  const { threads, turnOf } = layOut(conversation, layout, memory);
  await takeIn(stage, threads);
  for (const { thread } of threads) {
    await call(stage, z.unknown(), `/v1/threads/${thread.id}/runs`, { assistant_id: assistantId, stream: true });
  }
  const outcomes: Outcome[] = [];
  for (const { question, category, evidence } of conversation.questions) {
    const query = new URLSearchParams({ query: question, scope: 'recall', memory, limit: '20' });
    const startedAt = performance.now();
    const { results } = await call(stage, hitsReply, `/api/agents/${assistantId}/memory/search?${query.toString()}`);
    const ms = performance.now() - startedAt;
    const found = results.map(({ text }) => turnOf.get(text) ?? '');
    const places = evidence.map((turn) => found.indexOf(turn)).filter((place) => place >= 0);
    outcomes.push({ conversation: conversation.id, category, places, answers: evidence.length, ms });
  }
  return outcomes;
}

/** Imports threads with their messages. */
async function takeIn(stage: Stage, threads: readonly object[]): Promise<void> {
  const form = new FormData();
  form.set('file', new Blob([JSON.stringify(threads)]), 'threads.json');
  const headers = { authorization: `Bearer ${password}` };
  const url = `${stage.threadkeeper.url}/admin/import/openai/upload`;
  const response = await fetch(url, { method: 'POST', headers, body: form });
  if (!response.ok) throw new Error(`The import answered ${response.status}: ${await response.text()}`);
}

const idReply = z.object({ id: z.string() });
const hitsReply = z.object({ results: z.array(z.object({ text: z.string() })) });

/** Sends a request, a POST where it has a body. A stream is read to its end and comes to nothing. */
async function call<T>(stage: Stage, reply: z.ZodType<T>, path: string, body?: object): Promise<T> {
  const response = await fetch(`${stage.threadkeeper.url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      authorization: `Bearer ${password}`,
      'content-type': 'application/json',
      'openai-beta': 'assistants=v2',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text.slice(0, 300)}`);
  return reply.parse(text.startsWith('{') ? JSON.parse(text) : undefined);
}

function rowOf(name: string, outcomes: readonly Outcome[]): string[] {
  const recall = depths.map((depth) => mean(outcomes.map(({ places, answers }) => within(places, depth) / answers)));
  const found = mean(outcomes.map(({ places }) => Math.min(1, within(places, 10))));
  const { median, p95 } = spreadOf(outcomes.map(({ ms }) => ms));
  return [
    name,
    String(outcomes.length),
    ...[...recall, found].map((share) => share.toFixed(3)),
    inMs(median),
    inMs(p95),
  ];
}

function within(places: readonly number[], depth: number): number {
  return places.filter((place) => place < depth).length;
}

function mean(shares: readonly number[]): number {
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}
