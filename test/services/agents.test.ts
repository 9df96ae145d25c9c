import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Agent } from '../../src/domain/agent.js';
import { defaultUserId, newId } from '../../src/domain/ids.js';
import { AppError } from '../../src/domain/errors.js';
import { classicTools, createToolRegistry } from '../../src/engine/tools/registry.js';
import type { ProviderRegistry } from '../../src/providers/provider.js';
import { createScriptedProvider } from '../../src/providers/scripted.js';
import { createAgentService, type AgentService } from '../../src/services/agents.js';
import { createMemoryService } from '../../src/services/memories.js';
import type { Store } from '../../src/store/store.js';
import { registryOf } from '../support/engine-room.js';
import { temporarySqlite } from '../support/databases.js';

const principal = { userId: defaultUserId, role: 'admin' } as const;
const stranger = { userId: newId(), role: 'user' } as const;

let store: Store;
let close: () => Promise<void>;
let now: number;
let agents: AgentService;

function serviceWith(registry: ProviderRegistry): AgentService {
  const clock = { now: () => now };
  return createAgentService({
    store,
    clock,
    registry,
    tools: createToolRegistry(),
    toolNames: classicTools,
    neededToolNames: ['send_message'],
  });
}

beforeEach(async () => {
  const database = await temporarySqlite();
  ({ store } = database);
  close = () => database.close();
  now = Date.UTC(2024, 3, 12);
  await store.users.insert({ id: defaultUserId, name: null, organisationId: null, createdAt: now });
  agents = serviceWith(registryOf(createScriptedProvider('scripted', [], { contextWindow: 32_000 })));
});
afterEach(() => close());

/** An agent as the OpenAI face makes one: without a conversation of its own. */
async function assistant(): Promise<Agent> {
  const agent: Agent = {
    id: newId(),
    ownerId: defaultUserId,
    name: 'Helper',
    description: null,
    instructions: null,
    model: 'scripted',
    protocol: 'native',
    origin: 'openai',
    envelope: 'plain',
    settings: {},
    tools: [{ type: 'function', name: 'weather', description: null, parameters: null, strict: null }],
    metadata: {},
    faceData: {},
    mainConversationId: null,
    createdAt: now,
    updatedAt: now,
  };
  await store.agents.insert(agent);
  return agent;
}

describe('an agent made through the native face', () => {
  it('speaks the heartbeat protocol in a conversation and a memory of its own', async () => {
    const { agent, blocks } = await agents.create(principal, { name: 'Mira' });
    expect(agent).toMatchObject({ protocol: 'heartbeat', envelope: 'json', origin: 'native', model: '' });
    expect(blocks.map((block) => block.label)).toEqual(['persona', 'human']);
    const window = await store.conversations.window(agent.id, agent.mainConversationId ?? '');
    expect(window).toMatchObject({ liveFromSeq: 1, memoryId: blocks[0]?.memoryId, summary: null });
    const conversation = await store.conversations.find(agent.mainConversationId ?? '');
    expect(conversation).toMatchObject({ memoryKey: 'default', ownerId: defaultUserId });
  });

  it('may bring blocks of its own, and a wrong one leaves nothing behind', async () => {
    const { blocks } = await agents.create(principal, { name: 'A', blocks: [{ label: 'project', value: 'Pier 4' }] });
    expect(blocks.find((block) => block.label === 'project')).toMatchObject({ value: 'Pier 4', charsMax: 10_000 });
    const twice = agents.create(principal, { name: 'B', blocks: [{ label: 'human', value: 'x' }] });
    await expect(twice).rejects.toMatchObject({ code: 'invalid_request', param: 'human' });
    expect(await store.agents.findByName(defaultUserId, 'B', 'native')).toBeNull();
  });

  it('has the context window of its model', async () => {
    const { model } = await agents.create(principal, { name: null });
    expect(model).toEqual({ provider: 'scripted', name: 'scripted', contextWindow: 32_000 });
  });

  it('can be looked at though its provider is configured no longer', async () => {
    const { agent } = await agents.create(principal, { name: null });
    const bare = serviceWith({
      ...registryOf(createScriptedProvider('scripted', [])),
      resolve: () => {
        throw new AppError('model_refused', 'Nobody answers to that name.');
      },
    });
    const { model } = await bare.describe(principal, agent.id);
    expect(model).toEqual({ provider: null, name: 'scripted', contextWindow: 8_192 });
  });

  it('is listed before those that were spoken to earlier', async () => {
    const first = await agents.create(principal, { name: 'First' });
    now += 1_000;
    const second = await agents.create(principal, { name: 'Second' });
    expect((await agents.list(principal)).map(({ agent }) => agent.name)).toEqual(['Second', 'First']);
    now += 1_000;
    const conversationId = first.agent.mainConversationId ?? '';
    const [login] = (await store.messages.page(conversationId, { limit: 1, order: 'desc', visibleOnly: false })).items;
    if (login === undefined) throw new Error('The agent has no messages.');
    await store.messages.append(conversationId, [{ ...login, id: newId(), createdAt: now }]);
    expect((await agents.list(principal)).map(({ agent }) => agent.name)).toEqual(['First', 'Second']);
    expect(second.lastMessageAt).toBeLessThan(now);
  });

  it('keeps what an update does not mention', async () => {
    const { agent } = await agents.create(principal, { name: 'Mira', metadata: { team: 'harbor' } });
    now += 5;
    const updated = await agents.update(principal, agent.id, { description: 'A guide.' });
    expect(updated.agent).toEqual({ ...agent, description: 'A guide.', updatedAt: now });
  });

  it('takes its memories and its main conversation with it when it is deleted', async () => {
    const { agent } = await agents.create(principal, { name: 'Passing' });
    await agents.delete(principal, agent.id);
    expect(await store.agents.find(agent.id)).toBeNull();
    expect(await store.memories.findByKey(agent.id, 'default')).toBeNull();
    expect(await store.conversations.find(agent.mainConversationId ?? '')).toBeNull();
  });

  it('is not there for anybody else', async () => {
    const { agent } = await agents.create(principal, { name: null });
    const attempts = [
      agents.get(stranger, agent.id),
      agents.describe(stranger, agent.id),
      agents.rename(stranger, agent.id, 'Mine'),
      agents.update(stranger, agent.id, { description: 'Mine' }),
      agents.delete(stranger, agent.id),
      agents.mainConversation(stranger, agent.id),
    ];
    for (const attempt of attempts) await expect(attempt).rejects.toMatchObject({ code: 'not_found' });
    expect((await agents.get(principal, agent.id)).name).toBe(agent.name);
  });
});

describe('an agent of the OpenAI face', () => {
  it('gets one conversation for the native face, at the first call and for all later ones', async () => {
    const agent = await assistant();
    const [first, second] = await Promise.all([
      agents.mainConversation(principal, agent.id),
      agents.mainConversation(principal, agent.id),
    ]);
    expect(second).toBe(first);
    expect(await store.conversations.window(agent.id, first)).toMatchObject({ liveFromSeq: 1 });
    expect((await store.agents.find(agent.id))?.mainConversationId).toBe(first);
  });

  it('is listed and described though it has neither memory nor messages', async () => {
    const agent = await assistant();
    const details = await agents.describe(principal, agent.id);
    expect(details).toMatchObject({ blocks: [], messageCount: 0, lastMessageAt: null, liveMessageIds: [] });
    expect(details.tools).toEqual([{ name: 'weather', description: '', parameters: {} }]);
    expect(await agents.list(principal)).toHaveLength(1);
  });

  it('may have the name of an agent of the native face', async () => {
    await assistant();
    await expect(agents.create(principal, { name: 'Helper' })).resolves.toMatchObject({ agent: { name: 'Helper' } });
  });
});

describe('a memory', () => {
  it('is rewritten by its owner though a block is read-only to the agent', async () => {
    const memories = createMemoryService({ store, clock: { now: () => now } });
    const rules = { label: 'rules', value: 'Be kind.', readOnly: true };
    const { agent } = await agents.create(principal, { name: null, blocks: [rules] });
    const { before, after } = await memories.rewrite(principal, agent.id, { rules: 'Be brief.' });
    expect(before.find((block) => block.label === 'rules')).toMatchObject({ value: 'Be kind.', version: 1 });
    expect(after.find((block) => block.label === 'rules')).toMatchObject({ value: 'Be brief.', version: 2 });
    const block = after.find(({ label }) => label === 'rules');
    const history = await store.memories.blockHistory(block?.id ?? '', 5);
    expect(history.map(({ version, actor }) => [version, actor])).toEqual([
      [2, 'user'],
      [1, 'system'],
    ]);
  });

  it('refuses a label it does not have and names those it has', async () => {
    const memories = createMemoryService({ store, clock: { now: () => now } });
    const { agent } = await agents.create(principal, { name: null });
    const attempt = memories.rewrite(principal, agent.id, { human: 'new', mood: 'good' });
    await expect(attempt).rejects.toMatchObject({ code: 'invalid_request', param: 'mood' });
    await expect(attempt).rejects.toThrow(/persona, human/u);
    expect((await memories.overview(principal, agent.id)).blocks.map((block) => block.version)).toEqual([1, 1]);
  });

  it('takes a rewrite to the same text for none', async () => {
    const memories = createMemoryService({ store, clock: { now: () => now } });
    const { agent } = await agents.create(principal, { name: null, human: 'Same.' });
    const { after } = await memories.rewrite(principal, agent.id, { human: 'Same.' });
    expect(after.find((block) => block.label === 'human')?.version).toBe(1);
  });

  it('counts, lists and loses passages of its archive', async () => {
    const memories = createMemoryService({ store, clock: { now: () => (now += 1) } });
    const { agent } = await agents.create(principal, { name: null });
    const first = await memories.insertPassage(principal, agent.id, 'The pier is closed.', ['pier']);
    const again = await memories.insertPassage(principal, agent.id, 'The pier is closed.', ['pier']);
    const second = await memories.insertPassage(principal, agent.id, 'The pier is open.', []);
    expect(again.id).toBe(first.id);
    expect((await memories.overview(principal, agent.id)).passageCount).toBe(2);
    const page = await memories.passages(principal, agent.id, { limit: 10 });
    expect(page.items.map((passage) => passage.id)).toEqual([first.id, second.id]);
    await memories.deletePassage(principal, agent.id, first.id);
    await expect(memories.deletePassage(principal, agent.id, first.id)).rejects.toMatchObject({ code: 'not_found' });
    expect((await memories.overview(principal, agent.id)).passageCount).toBe(1);
  });

  it.each([' ', 'x'.repeat(20_001)])('refuses a passage that is blank or too long', async (text) => {
    const memories = createMemoryService({ store, clock: { now: () => now } });
    const { agent } = await agents.create(principal, { name: null });
    const attempt = memories.insertPassage(principal, agent.id, text, []);
    await expect(attempt).rejects.toMatchObject({ code: 'invalid_request', param: 'content' });
    expect((await memories.overview(principal, agent.id)).passageCount).toBe(0);
  });
});
