import { carryLoad } from './support/load.js';
import { inMs, inTimes, type Section } from './support/report.js';
import { noPace, openStage, usualPace, type Form, type Pace, type Stage } from './support/servers.js';
import type { Target, Times } from './support/client.js';
import { spreadOf } from './support/statistics.js';

/** Who is asked: the model itself, the bare Express server, or Threadkeeper in two of its forms. */
const ways = ['model', 'bare', 'tokens', 'legacy'] as const;
type Way = (typeof ways)[number];

const names: Record<Way, string> = {
  model: 'the model, asked directly',
  bare: 'bare Express',
  tokens: 'Threadkeeper, tokens',
  legacy: 'Threadkeeper, legacy stream',
};

const messagesPerConversation = 10;
const warmUpConversations = 2;

/** The time that a streamed message takes longer through Threadkeeper than straight from the model. */
export async function measureFirstToken(): Promise<Section[]> {
  return [
    await measure('Streamed messages, one at a time', usualPace, 1, 12),
    await measure('Streamed messages, 16 at a time', usualPace, 16, 32),
    await measure('Streamed messages, a model that takes no time', noPace, 1, 24),
  ];
}

async function measure(title: string, pace: Pace, concurrency: number, conversations: number): Promise<Section> {
  const stage = await openStage(pace);
  try {
    await rounds(stage, 1, warmUpConversations);
    const times = await rounds(stage, concurrency, conversations);
    return { title, explanation: explain(pace, conversations), rows: toRows(times) };
  } finally {
    await stage.close();
  }
}

/** With one request at a time the ways take turns, so that a disturbance meets all alike; else one after the other. */
async function rounds(stage: Stage, concurrency: number, conversations: number): Promise<Map<Way, Times[]>> {
  const times = new Map<Way, Times[]>(ways.map((way) => [way, []]));
  const agents = await stage.newAgents(conversations * 2);
  const ask = (way: Way, conversation: number) => async (): Promise<void> => {
    times.get(way)?.push(await stage.client.send(targetOf(stage, way, agents, conversation)));
  };
  const talk = (order: readonly Way[], conversation: number): (() => Promise<void>)[] =>
    Array.from({ length: messagesPerConversation }, () => order.map((way) => ask(way, conversation))).flat();
  const numbers = Array.from({ length: conversations }, (_, number) => number);
  const passes = concurrency === 1 ? [ways] : ways.map((way) => [way]);
  for (const order of passes)
    await carryLoad(
      numbers.map((number) => talk(order, number)),
      concurrency,
    );
  return times;
}

function targetOf(stage: Stage, way: Way, agents: readonly string[], conversation: number): Target {
  switch (way) {
    case 'model':
      return stage.toModel();
    case 'bare':
      return stage.toBare(`conversation-${conversation}`, 'tokens');
    case 'tokens':
    case 'legacy':
      return stage.toThreadkeeper(agents[conversation * 2 + (way === 'legacy' ? 1 : 0)] ?? '', way satisfies Form);
    default:
      return way satisfies never;
  }
}

function explain({ firstTokenMs, tokensPerSecond, tokens }: Pace, conversations: number): string {
  const model =
    tokensPerSecond === 0
      ? `The model answers ${tokens} tokens at once.`
      : `The model waits ${firstTokenMs} ms, then sends ${tokens} tokens at ${tokensPerSecond} per second.`;
  const count = `${conversations} conversations of ${messagesPerConversation} messages`;
  return `${model} ${count} in every way. The first token is the first byte of the spoken words; the legacy stream has none.`;
}

function toRows(times: Map<Way, Times[]>): string[][] {
  const spreads = (way: Way, of: keyof Times) => spreadOf((times.get(way) ?? []).map((time) => time[of]));
  const base = { firstToken: spreads('model', 'firstToken'), total: spreads('model', 'total') };
  const columns = (way: Way, of: keyof Times): string[] => {
    const { median, p95 } = spreads(way, of);
    return [inMs(median), inMs(p95), ...added(way, median, base[of].median)];
  };
  const lines = ways.map((way) => [
    names[way],
    ...(way === 'legacy' ? ['', '', '', ''] : columns(way, 'firstToken')),
    ...columns(way, 'total'),
  ]);
  const headings = ['first token', 'p95', 'added', 'ratio', 'whole reply', 'p95', 'added', 'ratio'];
  return [['asked', ...headings], ...lines];
}

function added(way: Way, figure: number, base: number): [string, string] {
  return way === 'model' ? ['', ''] : [inMs(figure - base), inTimes(figure, base)];
}
