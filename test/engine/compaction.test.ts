import { afterEach, describe, expect, it } from 'vitest';
import type { Agent } from '../../src/domain/agent.js';
import type { Window } from '../../src/domain/conversation.js';
import type { Usage } from '../../src/domain/run.js';
import { verbatimOf } from '../../src/engine/identifiers.js';
import { ProviderError, type ModelRequest } from '../../src/providers/provider.js';
import type { ScriptedReply } from '../../src/providers/scripted.js';
import { openRoom, principal, type EngineRoom, type RoomOptions } from '../support/engine-room.js';
import { call, isValidHistory, lastUserText } from '../support/requests.js';

let room: EngineRoom;
const open = async (options: RoomOptions): Promise<EngineRoom> => (room = await openRoom(options));
afterEach(() => room.close());

const contextWindow = 8_192;
/** About a tenth of the window. */
const long = 'we walked along the shore and talked '.repeat(100);
const isSummary = (request: ModelRequest): boolean => request.tools.length === 0;
const summaries = (): ModelRequest[] => room.provider.requests.filter(isSummary);

async function windowOf(agent: Agent): Promise<Window> {
  const window = await room.store.conversations.window(agent.id, agent.mainConversationId ?? '');
  if (window === null) throw new Error('The agent has no window.');
  return window;
}

/** Says long things until the window was compacted so often; how many were said. */
async function untilCompacted(agent: Agent, times: number, text = long): Promise<number> {
  let said = 0;
  while (((await windowOf(agent).catch(() => null))?.summary?.compactions ?? 0) < times) {
    said += 1;
    if (said > 100) throw new Error('The window was never compacted.');
    expect((await room.say(agent, `number ${said}: ${text}`)).status).toBe('completed');
  }
  return said;
}

describe('a window that runs full', () => {
  it('29. is compacted once at the trigger, with its newest messages and their pairs as they were', async () => {
    await open({
      contextWindow,
      script: (request, index) => {
        expect(isValidHistory(request)).toBe(true);
        if (isSummary(request)) return 'They walked.';
        return index % 3 === 1 ? call('memory_append', { label: 'human', text: `fact ${index}` }, `c${index}`) : 'yes';
      },
    });
    const agent = await room.newAgent();
    const said = await untilCompacted(agent, 1);
    const { summary, liveFromSeq } = await windowOf(agent);
    expect(summary).toMatchObject({ covers: [1, liveFromSeq - 1], promptVersion: 2, rebuilt: false });
    expect(summary?.tokensAfter).toBeLessThan((summary?.tokensBefore ?? 0) * 0.7);
    expect(said).toBeGreaterThan(4);
    const sent = JSON.stringify(room.provider.requests.at(-1)?.messages);
    for (const kept of [said, said - 1]) expect(sent.includes(`number ${kept}: ${long}`)).toBe(true);
    expect(sent).not.toContain('number 1:');
  });

  it('is compacted as often as it fills up and no oftener, however long it goes on', async () => {
    await open({ contextWindow, script: (request) => (isSummary(request) ? 'They walked.' : 'yes') });
    const agent = await room.newAgent();
    const gaps: number[] = [];
    for (let times = 1; times <= 6; times += 1) gaps.push(await untilCompacted(agent, times));
    expect(Math.min(...gaps.slice(1))).toBeGreaterThanOrEqual(2);
    expect(Math.max(...gaps.slice(1)) - Math.min(...gaps.slice(1))).toBeLessThanOrEqual(1);
  });

  it('keeps some of what was said in view where instructions are so heavy that half of the window is nearly theirs', async () => {
    await open({ contextWindow, script: (request) => (isSummary(request) ? 'They walked.' : 'yes') });
    const agent = await room.newAgent({ instructions: 'Be kind to whoever walks along the shore. '.repeat(240) });
    const said = await untilCompacted(agent, 1, long.slice(0, long.length / 8));
    const sent = JSON.stringify(room.provider.requests.at(-1)?.messages);
    for (let kept = said; kept > said - 3; kept -= 1) expect(sent).toContain(`number ${kept}:`);
    expect(sent).not.toContain(`number ${Math.ceil(said / 2)}:`);
  });

  it('34. is compacted where the provider reports no usage, or counts more than we do', async () => {
    for (const heavier of [null, 1.3]) {
      await open({
        contextWindow,
        script: (request) => {
          if (isSummary(request)) return 'They walked.';
          const tokens = Math.ceil(JSON.stringify(request).length / 5);
          const usage: Usage = {
            promptTokens: Math.ceil(tokens * (heavier ?? 1)),
            completionTokens: 1,
            cachedTokens: null,
            reasoningTokens: null,
            estimated: heavier === null,
          };
          expect(usage.promptTokens).toBeLessThan(contextWindow);
          return {
            events: [
              { type: 'text', text: 'yes' },
              { type: 'finish', reason: 'stop', usage },
            ],
          };
        },
      });
      const agent = await room.newAgent();
      await untilCompacted(agent, 2);
      if (heavier === null) await room.close();
    }
  });

  it('F11: tells of the pressure once in every cycle, and never stores it', async () => {
    const noticed: boolean[] = [];
    await open({
      contextWindow,
      script: (request) => {
        if (isSummary(request)) return 'They walked.';
        noticed.push(JSON.stringify(request.messages).includes('almost full'));
        return 'yes';
      },
    });
    const agent = await room.newAgent();
    await untilCompacted(agent, 3, long.slice(0, long.length / 4));
    expect(noticed.filter(Boolean)).toHaveLength(3);
    expect(JSON.stringify(await room.messages(agent))).not.toContain('almost full');
  });
});

describe('a summary', () => {
  it('keeps word for word what its model left out', async () => {
    await open({ contextWindow, script: (request) => (isSummary(request) ? 'They spoke of a parcel.' : 'yes') });
    const agent = await room.newAgent();
    await room.say(agent, 'The parcel AB-20931x went to Marta Kowalska, see https://example.org/track/77?x=1 for it.');
    await untilCompacted(agent, 1);
    const text = (await windowOf(agent)).summary?.text ?? '';
    expect(text).toMatch(/^They spoke of a parcel\.\nKept verbatim: /);
    expect(verbatimOf(text)).toEqual(
      expect.arrayContaining(['https://example.org/track/77?x=1', 'AB-20931x', 'Marta Kowalska']),
    );
    await untilCompacted(agent, 2);
    expect(verbatimOf((await windowOf(agent)).summary?.text ?? '')).toContain('AB-20931x');
  });

  it('is written from the messages again at every third compaction, at bounded cost', async () => {
    await open({ contextWindow, script: (request) => (isSummary(request) ? 'A summary.' : 'yes') });
    const agent = await room.newAgent();
    await untilCompacted(agent, 2);
    const before = summaries();
    expect(before.map((request) => lastUserText(request).includes('<summary_so_far>'))).toEqual([false, true]);
    await untilCompacted(agent, 3);
    const { summary } = await windowOf(agent);
    expect(summary).toMatchObject({ rebuilt: true, covers: [1, expect.any(Number) as number] });
    const rebuilt = summaries().slice(before.length);
    expect(rebuilt.length).toBeLessThanOrEqual(5);
    expect(rebuilt.some((request) => lastUserText(request).includes('number 1:'))).toBe(true);
    expect(rebuilt.some((request) => lastUserText(request).includes('<summary_so_far>'))).toBe(false);
    await untilCompacted(agent, 9);
    expect((await windowOf(agent)).summary).toMatchObject({
      rebuilt: false,
      covers: [1, expect.any(Number) as number],
    });
    expect(summaries().length).toBeLessThanOrEqual(6 + 3 * 5);
  });

  it.each<[string, ScriptedReply]>([
    ['is empty', ''],
    ['is a call', call('memory_append', { label: 'human', text: 'no' })],
    ['fails', { error: new ProviderError('provider_unavailable', 'Down.') }],
    ['breaks off', { text: 'They w', deltaChars: 2, cutAfter: 2 }],
  ])('35. F8: is made by rule where the model’s %s', async (_what, reply) => {
    await open({ contextWindow, script: (request) => (isSummary(request) ? reply : 'yes') });
    const agent = await room.newAgent();
    await untilCompacted(agent, 1);
    expect((await windowOf(agent)).summary?.text).toMatch(/^\d+ earlier messages .* are out of view/);
    expect((await room.blocks(agent))['human']).toBe('');
    expect((await room.say(agent, 'and now?')).status).toBe('completed');
  });

  it('35. F1: is cut where it is too long, so that every compaction makes the prompt shorter', async () => {
    await open({ contextWindow, script: (request) => (isSummary(request) ? 'and then '.repeat(5_000) : 'yes') });
    const agent = await room.newAgent();
    for (let times = 1; times <= 4; times += 1) {
      await untilCompacted(agent, times);
      const { summary } = await windowOf(agent);
      expect(summary?.text.length).toBeLessThanOrEqual(contextWindow * 0.08 * 4);
      expect(summary?.tokensAfter).toBeLessThan((summary?.tokensBefore ?? 0) * 0.8);
    }
    await room.say(agent, '', { compactOnly: true });
    const small = (await windowOf(agent)).summary?.text.length ?? 0;
    await room.say(agent, 'hi');
    await room.say(agent, '', { compactOnly: true });
    expect((await windowOf(agent)).summary?.text.length).toBeLessThanOrEqual(small + 200);
  });

  it('F7: is made in smaller parts where the model can read less than we were told', async () => {
    await open({
      contextWindow,
      script: (request) => {
        if (!isSummary(request)) return 'yes';
        const overflow = new ProviderError('context_too_small', 'maximum context length', { overflow: true });
        return JSON.stringify(request.messages).length > 12_000 ? { error: overflow } : 'A part of it.';
      },
    });
    const agent = await room.newAgent();
    await untilCompacted(agent, 1);
    expect((await windowOf(agent)).summary?.text).toBe('A part of it.');
  });
});

describe('what a compaction costs', () => {
  it('I-29: is in the usage of the run and of the step that it made room for', async () => {
    await open({ contextWindow, script: (request) => (isSummary(request) ? 'They walked.' : 'yes') });
    const agent = await room.newAgent();
    let run = await room.say(agent, 'begin');
    while ((await windowOf(agent)).summary === null) run = await room.say(agent, long);
    const steps = await room.store.runs.steps(run.id);
    expect(steps.reduce((sum, step) => sum + (step.usage?.promptTokens ?? 0), 0)).toBe(run.usage?.promptTokens);
    expect(steps.reduce((sum, step) => sum + (step.usage?.completionTokens ?? 0), 0)).toBe(run.usage?.completionTokens);
    const alone = await room.say(agent, 'short');
    expect(run.usage?.promptTokens).toBeGreaterThan((alone.usage?.promptTokens ?? 0) * 1.5);
  });

  it('is in the usage of a run that only compacts, and of one that says nothing', async () => {
    await open({ script: (request) => (isSummary(request) ? 'They walked.' : '') });
    const agent = await room.newAgent();
    const silent = await room.say(agent, 'begin');
    expect(silent.status).toBe('completed');
    expect(silent.usage?.promptTokens).toBeGreaterThan(0);
    expect((await room.say(agent, '', { compactOnly: true })).usage?.promptTokens).toBeGreaterThan(0);
  });
});

describe('a compaction in the midst of other things', () => {
  it('F10: waits while calls wait for the client, and keeps them with what the client brings', async () => {
    await open({
      contextWindow,
      script: (request) => {
        expect(isValidHistory(request)).toBe(true);
        if (isSummary(request)) return 'They walked.';
        if (request.messages.at(-1)?.role === 'tool') return 'the client said so';
        const asks = ['call_one', 'call_two'].map((id) => ({ id, name: 'ask_client', arguments: {} }));
        return lastUserText(request).includes('ask') ? { calls: asks } : 'yes';
      },
    });
    const agent = await room.newAgent({ functions: ['ask_client'] });
    for (let said = 0; said < 5; said += 1) await room.say(agent, long);
    const run = await room.say(agent, 'ask');
    expect(run.status).toBe('requires_action');
    const compacting = await room.start(agent, '', { compactOnly: true });
    expect((await windowOf(agent)).summary).toBeNull();
    const output = 'what the client found, '.repeat(2_000);
    const outputs = ['call_one', 'call_two'].map((callId) => ({ callId, output }));
    const queued = await room.runs.submit(principal, run.id, outputs);
    expect((await room.rest(run, queued.lastSeq)).status).toBe('completed');
    const sent = room.provider.requests.filter((request) => !isSummary(request)).at(-1);
    const shown = sent?.messages.flatMap((message) => (message.role === 'tool' ? [message.callId] : []));
    expect(shown).toEqual(['call_one', 'call_two']);
    expect((await windowOf(agent)).summary).not.toBeNull();
    expect((await room.rest(compacting)).status).toBe('completed');
  });

  it('F12: gives way where somebody else moved the window meanwhile, and goes on from there', async () => {
    let moved = false;
    await open({
      contextWindow,
      script: async (request) => {
        if (!isSummary(request)) return 'yes';
        if (!moved) {
          moved = true;
          const { agentId, conversationId, revision, liveFromSeq } = await windowOf(agent);
          await room.store.conversations.compactWindow({
            agentId,
            conversationId,
            expectedRevision: revision,
            summary: null,
            liveFromSeq: liveFromSeq + 2,
            at: 1,
          });
        }
        return 'They walked.';
      },
    });
    const agent = await room.newAgent();
    const said = await untilCompacted(agent, 1);
    expect(moved).toBe(true);
    expect((await windowOf(agent)).summary?.covers[0]).toBe(3);
    expect(said).toBeGreaterThan(4);
  });
});
