import { afterEach, describe, expect, it } from 'vitest';
import type { Agent } from '../../src/domain/agent.js';
import { newId } from '../../src/domain/ids.js';
import { textOf } from '../../src/domain/message.js';
import { estimateRequest } from '../../src/domain/request-tokens.js';
import type { ContextView } from '../../src/engine/context-view.js';
import { gaugeOf } from '../../src/engine/gauge.js';
import { createSearchAccess } from '../../src/engine/query-vectors.js';
import { sharesOf } from '../../src/engine/shares.js';
import { createToolRegistry } from '../../src/engine/tools/registry.js';
import type { ModelRequest } from '../../src/providers/provider.js';
import { createContextViewService } from '../../src/services/context-view.js';
import { openRoom, principal, registryOf, type EngineRoom } from '../support/engine-room.js';

const clock = { now: () => Date.parse('2026-03-01T10:00:30Z') };
/** The provider counts half as much again as we do. */
const heavier = 1.5;
let room: EngineRoom;
let sent: { request: ModelRequest; tokens: number } | null = null;
afterEach(() => room.close());

async function open(contextWindow: number): Promise<void> {
  room = await openRoom({
    clock,
    contextWindow,
    script: (request) => {
      if (request.tools.length === 0) return 'They spoke of herons.';
      const tokens = Math.round(estimateRequest(request) * heavier);
      sent = { request, tokens };
      return { text: 'Noted.', promptTokens: tokens };
    },
  });
}

async function view(agent: Agent): Promise<ContextView> {
  const { store, provider, scales } = room;
  const providers = registryOf(provider);
  const noCache = { get: () => Promise.resolve(undefined), set: () => Promise.resolve(true) };
  const searchAccess = createSearchAccess(store.search, providers, noCache);
  const service = createContextViewService({
    store,
    providers,
    tools: createToolRegistry(),
    searchAccess,
    clock,
    scales,
  });
  return (await service.view(principal, agent.id)).view;
}

/** An agent that is told the time and has rules, after two exchanges, with a question that it has not answered. */
async function asked(instructions: string, question = 'Do they sing?'): Promise<Agent> {
  const made = await room.newAgent({
    instructions,
    toolRules: [{ type: 'run_first', toolName: 'conversation_search' }],
    blocks: [
      { label: 'persona', value: 'I am Sam.' },
      { label: 'human', value: 'Name: Inés' },
    ],
  });
  const agent: Agent = { ...made, envelope: 'plain+time' };
  await room.store.agents.update(agent);
  for (const text of ['Where do herons live?', 'And what do they eat?']) await room.say(agent, text);
  const conversationId = agent.mainConversationId ?? '';
  await room.store.messages.append(conversationId, [
    {
      id: newId(),
      conversationId,
      role: 'user',
      kind: 'said',
      parts: [{ type: 'text', text: question }],
      visible: true,
      status: 'completed',
      agentId: null,
      runId: null,
      stepId: null,
      callId: null,
      name: null,
      metadata: {},
      faceData: {},
      createdAt: clock.now(),
    },
  ]);
  return agent;
}

/** What the view tells, and what the model gets right after. */
async function both(agent: Agent) {
  const shown = await view(agent);
  sent = null;
  expect((await room.say(agent, '')).status).toBe('completed');
  if (sent === null) throw new Error('The model was not asked.');
  return { shown, ...(sent as { request: ModelRequest; tokens: number }) };
}

const tokensOf = (parts: readonly { tokens: number }[]): number => parts.reduce((sum, { tokens }) => sum + tokens, 0);

function expectAgreement(shown: ContextView, request: ModelRequest, tokens: number): void {
  const question = shown.messages.at(-1)?.message;
  const { instructions, rules, introduction, blocks, counts } = shown;
  const section = [introduction, ...blocks, counts].map(({ text }) => text).join('\n');
  expect(request.messages[0]).toEqual({ role: 'system', text: [instructions.text, rules.text, section].join('\n\n') });
  expect(shown.tools.definitions).toEqual(request.tools);
  const last = request.messages.at(-1);
  expect(last?.role === 'user' ? last.parts.map((part) => part.type === 'text' && part.text) : []).toEqual([
    question === undefined ? '' : textOf(question),
    shown.notes.text,
  ]);
  const told = request.messages.slice(1);
  expect(shown.messages).toHaveLength(told.length);
  for (const [at, { message, tokens: weight }] of shown.messages.entries()) {
    expect(JSON.stringify(told[at])).toContain(JSON.stringify(textOf(message)));
    expect(weight).toBeGreaterThan(0);
  }
  const parts = [instructions, rules, introduction, counts, shown.notes, shown.tools, ...blocks, ...shown.messages];
  expect(tokensOf(parts)).toBe(shown.tokens);
  for (const part of [instructions, rules, introduction, counts, shown.notes, ...blocks]) {
    expect([part.text, part.tokens > 0]).toEqual([part.text, part.text !== '']);
  }
  expect(Math.abs(shown.tokens - tokens), `${shown.tokens} were told, ${tokens} counted`).toBeLessThanOrEqual(2);
}

describe('the view of a prompt', () => {
  it('holds what is then sent, with rules and time, in parts that add up to what the provider then counts', async () => {
    await open(128_000);
    const agent = await asked('Be kind.');
    const { shown, request, tokens } = await both(agent);
    expectAgreement(shown, request, tokens);
    expect(shown.tools.definitions.map(({ name }) => name)).toEqual(['conversation_search']);
    expect(shown.rules.text).toContain('Begin with conversation_search');
    expect(shown.notes.text).toBe('[context]\nThe time is 2026-03-01 10:00 UTC.');
  });

  it('tells of the pressure where the next prompt will, and of a window that a refusal has narrowed', async () => {
    await open(8_192);
    const agent = await asked('Be kind to whoever walks along the shore. '.repeat(330), 'la '.repeat(660));
    const { shown, request, tokens } = await both(agent);
    expect(shown.notes.text).toContain('almost full');
    expectAgreement(shown, request, tokens);
    expect(shown.compactAtTokens).toBe(Math.floor(shown.promptTokens * 0.85));
    const model = { provider: room.provider, model: 'scripted' };
    gaugeOf(room.scales, { agent, model }, agent.mainConversationId ?? '').refuse(4_096 / heavier);
    expect((await view(agent)).compactAtTokens).toBeLessThan(4_096);
  });
});

describe('shares of a whole', () => {
  it.each([
    [10, [1, 1, 1]],
    [7, [0, 3, 0.5, 0]],
    [1, [5, 5]],
    [0, [1, 2]],
    [3, []],
  ])('of %i by %j add up to it, and what weighs nothing gets nothing', (whole, weights) => {
    const shares = sharesOf(whole, weights);
    expect(shares.reduce((sum, share) => sum + share, 0)).toBe(weights.length === 0 ? 0 : whole);
    expect(shares.filter((share, at) => weights[at] === 0 && share !== 0)).toEqual([]);
  });
});
