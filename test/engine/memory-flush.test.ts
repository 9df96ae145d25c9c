import { afterEach, describe, expect, it } from 'vitest';
import type { Agent, Protocol } from '../../src/domain/agent.js';
import type { Run } from '../../src/domain/run.js';
import { ProviderError, type ModelRequest } from '../../src/providers/provider.js';
import type { ScriptedReply } from '../../src/providers/scripted.js';
import { openRoom, type EngineRoom } from '../support/engine-room.js';
import { call, isValidHistory } from '../support/requests.js';

let room: EngineRoom;
afterEach(() => room.close());

const long = 'we walked along the shore and talked '.repeat(150);
const isSummary = (request: ModelRequest): boolean => request.tools.length === 0;
const isFlush = (request: ModelRequest): boolean =>
  JSON.stringify(request.messages.at(-1)).includes('about to scroll out of your view');

/** Talks until the window was compacted once; the last run. */
async function untilCompacted(agent: Agent): Promise<Run> {
  for (let said = 0; said < 20; said += 1) {
    const run = await room.say(agent, `number ${said}: ${long}`);
    const window = await room.store.conversations.window(agent.id, agent.mainConversationId ?? '');
    if (window?.summary) return run;
  }
  throw new Error('The window was never compacted.');
}

async function openFlushing(flush: ScriptedReply, protocol: Protocol = 'native', wish = 'on') {
  room = await openRoom({
    contextWindow: 8_192,
    script: (request) => {
      expect(isValidHistory(request)).toBe(true);
      if (isSummary(request)) return 'They walked.';
      if (isFlush(request)) return flush;
      return protocol === 'native' ? 'yes' : call('send_message', { message: 'yes' });
    },
  });
  const agent = await room.newAgent({ protocol });
  await room.store.agents.update({ ...agent, metadata: { memory_flush: wish } });
  return agent;
}

const note: Record<Protocol, ScriptedReply> = {
  native: call('memory_append', { label: 'human', text: 'walks by the sea' }, 'call_flush'),
  heartbeat: call('core_memory_append', { name: 'human', content: 'walks by the sea' }, 'call_flush'),
};

describe('a memory flush', () => {
  it.each(['native', 'heartbeat'] as const)(
    'lets the agent save what is about to go, once, and is answered to nobody (%s)',
    async (protocol) => {
      const agent = await openFlushing(note[protocol], protocol);
      const run = await untilCompacted(agent);
      expect((await room.blocks(agent))['human']).toBe('walks by the sea');
      const flushes = room.provider.requests.filter(isFlush);
      expect(flushes).toHaveLength(1);
      const offered = flushes[0]?.tools.map((tool) => tool.name) ?? [];
      expect(offered.some((name) => name.includes('append'))).toBe(true);
      expect(offered.filter((name) => name.includes('search') || name === 'send_message')).toEqual([]);
      expect(run).toMatchObject({ status: 'completed', turn: 1 });
      expect((await room.spoken(agent)).at(-1)).toBe('assistant: yes');
      const steps = await room.store.runs.steps(run.id);
      expect(steps.map((step) => step.kind)).toEqual(['tools', 'message']);
      const sum = steps.reduce((total, step) => total + (step.usage?.promptTokens ?? 0), 0);
      expect(sum).toBe(run.usage?.promptTokens);
      await room.log(run);
      expect((await room.say(agent, 'and on')).status).toBe('completed');
    },
  );

  it.each<[string, ScriptedReply]>([
    ['says something instead', 'I saved it all!'],
    ['calls what it was not offered', call('conversation_search', { query: 'x' })],
    ['makes a call that fails', call('memory_replace', { label: 'human', old_string: 'x', new_string: 'y' })],
    ['cannot be reached', { error: new ProviderError('provider_unavailable', 'Down.') }],
  ])('stops nothing where the model %s', async (_what, flush) => {
    const agent = await openFlushing(flush);
    const run = await untilCompacted(agent);
    expect(run.status).toBe('completed');
    expect((await room.spoken(agent)).filter((text) => text.startsWith('assistant:'))).not.toContain(
      'assistant: I saved it all!',
    );
    await room.log(run);
  });

  it('is not asked for unless it is wished', async () => {
    const agent = await openFlushing(note.native, 'native', 'off');
    await untilCompacted(agent);
    expect(room.provider.requests.filter(isFlush)).toEqual([]);
  });
});
