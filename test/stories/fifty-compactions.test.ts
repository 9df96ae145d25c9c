import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Protocol } from '../../src/domain/agent.js';
import { textOf } from '../../src/domain/message.js';
import { defaultUserId } from '../../src/domain/ids.js';
import { defaultMemoryKey } from '../../src/domain/memory.js';
import {
  startMockUpstream,
  type MockUpstream,
  type UpstreamReply,
  type UpstreamRequest,
} from '../support/mock-upstream.js';
import { note, openTroubledHouse, requestFaults, says, type TroubledHouse } from './troubled-house.js';

/*
 * One agent whose conversation runs through fifty compactions. Its model server has a window of 8,192 tokens, counts
 * them in its own manner, refuses what is longer and what is no valid history, and is a poor writer of summaries.
 */

const windowTokens = 8_192;
const compactionsWanted = 50;

/** The server's own count, a fifth higher than ours. */
const tokensOf = ({ body }: UpstreamRequest): number =>
  Math.ceil((JSON.stringify(body.messages).length + JSON.stringify(body.tools ?? []).length) / 3.4);

/** What the server has seen. */
interface Seen {
  refused: number;
  faults: string[];
  summaries: number;
}

function createModel(protocol: Protocol, record: Seen): (request: UpstreamRequest, index: number) => UpstreamReply {
  return (request, index) => {
    const tokens = tokensOf(request);
    const usage = { prompt_tokens: tokens, completion_tokens: 30 };
    record.faults.push(...requestFaults(request));
    if (tokens > windowTokens) {
      record.refused += 1;
      const message = `This model's maximum context length is ${windowTokens} tokens, but the request has ${tokens}.`;
      return {
        status: 400,
        body: { error: { message, type: 'invalid_request_error', code: 'context_length_exceeded' } },
      };
    }
    if (request.body.tools === undefined) return { ...poorSummary((record.summaries += 1)), usage };
    const last = (request.body.messages as { role: string }[]).at(-1);
    if (index % 4 === 1 && last?.role !== 'tool') {
      return { calls: [{ ...note(protocol, `Fact ${index}.`), id: `call_${index}` }], usage };
    }
    return { ...says[protocol](`Answer ${index}: ${'quite so, '.repeat(9)}`), usage };
  };
}

/** Good, far too long, empty, a call, and a failure in turn. */
function poorSummary(count: number): UpstreamReply {
  const replies: UpstreamReply[] = [
    { text: `They spoke of many things, ${count}.` },
    { text: 'And then, and then. '.repeat(300) },
    { text: '' },
    { calls: [{ id: 'call_lost', name: 'send_message', arguments: '{}' }] },
    { status: 400, body: { error: { message: 'I will not.', type: 'invalid_request_error', code: null } } },
  ];
  return replies[count % replies.length] ?? {};
}

describe.each(['native', 'heartbeat'] as const)('an agent of the %s protocol', (protocol) => {
  const record: Seen = { refused: 0, faults: [], summaries: 0 };
  let upstream: MockUpstream;
  let troubled: TroubledHouse;
  beforeAll(async () => {
    upstream = await startMockUpstream({ chat: createModel(protocol, record), record: false });
    troubled = await openTroubledHouse(upstream);
  });
  afterAll(async () => {
    await troubled.close();
    await upstream.close();
  });

  it(
    '37. I-10: finds every text a person sent after fifty compactions, and never sent what its model refuses',
    { timeout: 60_000 },
    async () => {
      const { house } = troubled;
      const agentId = await troubled.newAgent(protocol);
      const agent = await house.store.agents.get(defaultUserId, agentId);
      if (agent === null) throw new Error('The agent is not in the store.');
      await house.store.agents.update({ ...agent, settings: { ...agent.settings, contextWindow: windowTokens } });
      const conversationId = agent.mainConversationId ?? '';
      const windowOf = () => house.store.conversations.window(agentId, conversationId);
      const texts: string[] = [];
      while (((await windowOf())?.summary?.compactions ?? 0) < compactionsWanted && texts.length < 400) {
        const filler = 'we went on along the shore and talked of it '.repeat(250);
        texts.push(`Entry ${wordOf(texts.length)}: ${filler}`);
        const answer = await troubled.client.say(agentId, texts.at(-1) ?? '');
        expect(answer).toHaveLength(1);
      }
      const window = await windowOf();
      expect(window?.summary?.compactions).toBeGreaterThanOrEqual(compactionsWanted);
      expect(record.faults).toEqual([]);
      expect(troubled.faults).toEqual([]);
      // What the server counts is learned from its first reply; only before it can a prompt be misjudged.
      expect(record.refused).toBeLessThanOrEqual(1);

      const runs = await troubled.runs(agentId);
      expect(runs.map((run) => run.status)).toEqual(texts.map(() => 'completed'));
      for (const run of runs) {
        const events = await house.store.events.read(run.id, 0, 10_000);
        const compactions = events.filter((event) => event.type === 'window-compacted').length;
        expect(compactions).toBeLessThanOrEqual(3 * Math.max(1, run.turn));
      }

      const memory = await house.store.memories.findByKey(agentId, defaultMemoryKey);
      for (let at = 0; at < texts.length; at += 1) {
        const found = await house.store.search.messages({
          memoryId: memory?.id ?? '',
          query: wordOf(at),
          embedding: null,
          from: null,
          to: null,
          roles: ['user'],
          limit: 1,
          offset: 0,
        });
        expect(
          found.hits
            .map(textOf)
            .join()
            .includes(texts[at] ?? '-'),
          `entry ${at}`,
        ).toBe(true);
      }
    },
  );
});

/** A word of its own for every number. */
function wordOf(at: number): string {
  const letters = [...String(at)].map((digit) => 'bdfgklmnrs'[Number(digit)] ?? '');
  return `zo${letters.join('a')}ix`;
}
