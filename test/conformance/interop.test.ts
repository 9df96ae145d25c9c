import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Agent } from '../../src/domain/agent.js';
import { systemClock } from '../../src/domain/clock.js';
import { createOpenaiProvider } from '../../src/providers/openai.js';
import { createTransferService } from '../../src/services/transfers.js';
import { createUserService } from '../../src/services/users.js';
import type { Store } from '../../src/store/store.js';
import type { ExportScope } from '../../src/transfer/bundle/things.js';
import { bundleLines } from '../../src/transfer/bundle/writer.js';
import type { TransferFormat } from '../../src/transfer/formats.js';
import type { TransferReport } from '../../src/transfer/report.js';
import { requestFaults } from '../stories/troubled-house.js';
import { describeOnBothDatabases, type OpenRoom } from '../support/both-databases.js';
import { openRoom, principal, registryOf, type EngineRoom } from '../support/engine-room.js';
import { startMockUpstream, type UpstreamReply } from '../support/mock-upstream.js';
import { call } from '../support/requests.js';
import { importBundle } from '../transfer/import-bundle.js';

async function exported(store: Store, scope: ExportScope): Promise<string> {
  let text = '';
  for await (const line of bundleLines(scope, store)) text += line;
  return text;
}

/** Imports a text as a user of the store does. */
async function imported(store: Store, format: TransferFormat, text: string): Promise<TransferReport> {
  const folder = await mkdtemp(join(tmpdir(), 'threadkeeper-conformance-'));
  try {
    const path = join(folder, 'export');
    await writeFile(path, text);
    return await importBundle(store, path, { format, userId: principal.userId, isOneOwner: true });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A clock that shows the same time everywhere: models are shown the time. */
const stopped = { now: () => Date.parse('2026-01-02T03:04:05Z') };

/** Takes an export, whole, into a server of its own, and lets the work be done there. */
async function elsewhere(format: TransferFormat, text: string, work: (room: EngineRoom) => Promise<void>) {
  const room = await openRoom({ script: [], clock: stopped });
  try {
    expect(await imported(room.store, format, text)).toMatchObject({ outcome: 'imported', problems: [] });
    await work(room);
  } finally {
    await room.close();
  }
}

const exportedFile = ({ store }: EngineRoom, agent: Agent): Promise<string> =>
  createTransferService({ store, clock: systemClock }).exportAgentFile(principal, agent.id);

/** What the model of an agent is shown when something is said to it. */
async function promptOf(room: EngineRoom, agent: Agent) {
  room.provider.push('I am.');
  await room.say(agent, 'Are you the same?');
  return room.provider.requests.at(-1)?.messages;
}

const marigold = new URL('../../examples/marigold.af', import.meta.url);

/** As Letta wrote agent files until they held lists of things. */
const flatFile = JSON.stringify({
  ...{ agent_type: 'memgpt_agent', name: 'Fern', system: 'Be calm.', version: '0.6.47', description: null },
  ...{ created_at: '2025-04-01T03:47:12', updated_at: '2025-04-01T03:47:12', metadata_: null, tags: [] },
  ...{ llm_config: { model: 'gpt-4' }, embedding_config: null, tool_rules: [], multi_agent_group: null },
  core_memory: [{ label: 'human', value: 'Likes shade.', limit: 2_000, is_template: false }],
  messages: ['system', 'user', 'user'].map((role, index) => ({
    ...{ role, content: [{ type: 'text', text: `Words of ${role} ${index}.` }], tool_calls: [], tool_returns: [] },
    ...{ tool_call_id: null, created_at: '2025-04-01T03:47:12' },
  })),
  in_context_message_indices: [0, 2],
  tools: [{ name: 'send_message', tool_type: 'letta_core', source_code: null, json_schema: { name: 'send_message' } }],
  tool_exec_environment_variables: [{ key: 'KEY', value: 'sk-of-a-tool', description: null }],
});

const edit = { label: 'human', text: 'Plays the viola.' };
const note = { name: 'memory_append', arguments: JSON.stringify(edit) };

/** One exchange of an agent whose model is a server that speaks like OpenAI’s, more or less. */
async function throughServer(
  open: OpenRoom,
  replies: UpstreamReply[],
  {
    name = 'local',
    apiKey = 'none',
    toolChoice,
  }: { name?: string; apiKey?: string; toolChoice?: { name: string } } = {},
) {
  const upstream = await startMockUpstream({ chat: (_request, index) => replies[index] ?? { text: 'Noted.' } });
  try {
    const settings = { name, kind: 'openai', baseUrl: upstream.url, apiKey, contextWindow: 32_000 } as const;
    const room = await open({ script: [], providers: registryOf(createOpenaiProvider(settings)) });
    const agent = await room.newAgent();
    const run = await room.say(agent, 'I play the viola.', toolChoice === undefined ? {} : { toolChoice });
    return { room, agent, run, sent: upstream.chats() };
  } finally {
    await upstream.close();
  }
}

describeOnBothDatabases('other programs', (open) => {
  it(
    '45. I-30: an agent that is exported and imported is the same to the last letter, and its model sees no difference',
    { timeout: 60_000 },
    async () => {
      const room = await open({
        clock: stopped,
        script: [
          call('memory_append', { label: 'human', text: 'e\u0301 🎉\r\n"quoted" \\ \u2028' }),
          call('archival_memory_insert', { content: 'Met Inés in Bergen.', tags: ['people'] }),
          'Noted.',
          'They greeted.',
          'Good.',
        ],
      });
      const agent = await room.newAgent();
      await room.say(agent, 'Keep this.');
      await room.say(agent, '', { compactOnly: true });
      await room.say(agent, 'How are you?');
      const bundle = await exported(room.store, { what: 'agent', id: agent.id });
      await elsewhere('bundle', bundle, async (other) => {
        expect(await exported(other.store, { what: 'agent', id: agent.id })).toBe(bundle);
        expect(await other.blocks(agent)).toEqual(await room.blocks(agent));
        expect(await promptOf(other, agent)).toEqual(await promptOf(room, agent));
      });
    },
  );

  it.each([
    ['flat', 'Fern', flatFile],
    ['current', 'Marigold', readFileSync(marigold, 'utf8')],
  ])(
    '45. an agent file of the %s form comes alive, and is the same after an export and an import',
    { timeout: 60_000 },
    async (_form, name, text) => {
      const room = await open({ script: [], clock: stopped });
      expect((await imported(room.store, 'af', text)).outcome).toBe('imported');
      const agent = await room.store.agents.findByName(principal.userId, name, 'native');
      if (agent === null) throw new Error(`There is no ${name}.`);
      expect((await room.messages(agent)).length).toBeGreaterThan(2);
      room.provider.push(call('send_message', { message: 'Here I am.' }));
      expect((await room.say(agent, 'Are you there?')).status).toBe('completed');
      expect((await room.spoken(agent)).slice(-2)).toEqual(['user: Are you there?', 'assistant: Here I am.']);
      const file = await exportedFile(room, agent);
      expect(file).not.toContain('sk-of-a-tool');
      await elsewhere('af', file, async (other) => {
        expect(await other.messages(agent)).toEqual(await room.messages(agent));
        expect(await other.blocks(agent)).toEqual(await room.blocks(agent));
        expect(await promptOf(other, agent)).toEqual(await promptOf(room, agent));
      });
    },
  );

  it.each<[string, UpstreamReply]>([
    ['that end with “stop” though they call', { calls: [note], finish: 'stop' }],
    ['with no content and no usage', { calls: [note], usage: null }],
    ['that write their call as text', { text: JSON.stringify({ name: 'memory_append', arguments: edit }) }],
    [
      'that write their call in tags',
      { text: `<tool_call>{"name":"memory_append","arguments":${JSON.stringify(edit)}}</tool_call>` },
    ],
    [
      'with one id for two calls',
      {
        calls: [note, { ...note, arguments: '{"label":"human","text":"Twice."}' }].map((one) => ({
          ...one,
          id: 'call_1',
        })),
      },
    ],
    ['with an empty id', { calls: [{ ...note, id: '' }] }],
  ])('46. replies %s are understood, and answered in a valid history', async (_what, reply) => {
    const { room, agent, run, sent } = await throughServer(open, [reply]);
    expect([run.status, sent.flatMap(requestFaults)]).toEqual(['completed', []]);
    expect((await room.blocks(agent))['human']).toMatch(/^Plays the viola\.(\nTwice\.)?$/u);
    expect(await room.spoken(agent)).toEqual(['user: I play the viola.', 'assistant: Noted.']);
    expect(run.usage?.estimated).toBe(reply.usage === null);
  });

  it('46. a server that knows only words for tool_choice, and ids of nine signs, gets them', async () => {
    const calls = [{ ...note, id: 'call_with_a_long_id' }];
    const { sent } = await throughServer(open, [{ calls }], {
      name: 'lmstudio',
      toolChoice: { name: 'memory_append' },
    });
    expect(sent[0]?.body).toMatchObject({ tool_choice: 'required', tools: [{ function: { name: 'memory_append' } }] });
    const { messages } = sent[1]?.body as { messages: { tool_calls?: { id: string }[]; tool_call_id?: string }[] };
    const ids = messages.flatMap((one) =>
      [...(one.tool_calls ?? []).map(({ id }) => id), one.tool_call_id ?? []].flat(),
    );
    expect(ids).toEqual([expect.stringMatching(/^[A-Za-z0-9]{9}$/u), ids[0]]);
  });

  it('47. I-28: the keys of users are in no export, neither whole nor as what is kept of them', async () => {
    const room = await open({ script: ['Hello.'] });
    const users = createUserService({
      store: room.store,
      clock: systemClock,
      adminPassword: 'open sesame',
    });
    const { user, issued } = await users.create(principal, { id: null, name: 'Inés', organisationId: null });
    await room.say(await room.newAgent(), 'Hello.');
    const everything = await exported(room.store, { what: 'everything' });
    expect(everything).toContain(user.id);
    for (const secret of [issued.secret, issued.key.hash, 'open sesame']) expect(everything).not.toContain(secret);
  });

  it.each([400, 401, 500])(
    '47. I-28: a key that a model server gives back with status %d is in nothing that is kept',
    async (status) => {
      const apiKey = 'sk-very-secret-key-1234567890';
      const body = { error: { message: `Incorrect API key provided: ${apiKey}.` } };
      const refusal = { status, headers: { 'x-should-retry': 'false' }, body };
      const { room, run } = await throughServer(open, [refusal], { apiKey });
      expect(run.status).toBe('failed');
      expect(JSON.stringify([run, await room.log(run)])).not.toContain(apiKey);
      expect(await exported(room.store, { what: 'everything' })).not.toContain(apiKey);
    },
  );
});
