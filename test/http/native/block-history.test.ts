import supertest, { type Response } from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId, toLettaId } from '../../../src/domain/ids.js';
import { blockHistoryReply, blockValueReply, blockVersionReply } from '../../../src/http/native/block-schemas.js';
import { agentReply, blockReply } from '../../../src/http/native/letta/replies.js';
import { startApp, type RunningApp } from '../running-app.js';

let app: RunningApp;
let user: Awaited<ReturnType<RunningApp['newUser']>>;

beforeAll(async () => {
  app = await startApp();
  user = await app.newUser();
});
afterAll(() => app.close());

type Verb = 'get' | 'post' | 'patch';
const send = (verb: Verb, path: string, body?: object, headers: object = user.headers): Promise<Response> => {
  const request = supertest(app.server)
    [verb](path)
    .set({ ...headers });
  return body === undefined ? request : request.send(body);
};
const newAgent = async (labels: string[]): Promise<string> => {
  const memory = Object.fromEntries(labels.map((label) => [label, { label, value: `About ${label}.`, limit: 900 }]));
  const answer = await send('post', '/v1/agents', { memory: { memory } });
  return agentReply.parse(answer.body).id;
};
const blockOf = async (agentId: string, label: string): Promise<string> => {
  const { memory } = agentReply.parse((await send('get', `/v1/agents/${agentId}`)).body);
  return memory.memory[label]?.id ?? '';
};

describe('the history of a block', () => {
  it('is read, undone and redone by the block’s id', async () => {
    const agent = await newAgent(['goals']);
    const path = `/v1/blocks/${await blockOf(agent, 'goals')}`;
    await send('patch', `/v1/agents/${agent}/memory`, { goals: 'Rest.' });
    expect(blockReply.parse((await send('post', `${path}/undo`)).body).value).toBe('About goals.');
    expect((await send('post', `${path}/undo`)).status).toBe(409);
    expect(blockReply.parse((await send('post', `${path}/redo`)).body).value).toBe('Rest.');
    expect((await send('post', `${path}/redo`)).status).toBe(409);
    const history = ((await send('get', `${path}/history`)).body as unknown[]).map((item) =>
      blockVersionReply.parse(item),
    );
    expect(history.map(({ version, restores, actor }) => [version, restores, actor])).toEqual([
      [4, 2, 'user'],
      [3, 1, 'user'],
      [2, null, 'user'],
      [1, null, 'system'],
    ]);
    expect((await send('get', `${path}/history?limit=2`)).body).toHaveLength(2);
    const stranger = await app.newUser();
    for (const [verb, end] of [
      ['get', 'history'],
      ['post', 'undo'],
      ['post', 'redo'],
      ['get', 'agents'],
    ] as const) {
      const answer = await send(verb, `${path}/${end}`, undefined, stranger.headers);
      expect([answer.status, answer.body]).toEqual([404, { detail: 'Block not found' }]);
    }
  });

  it('is read, undone and redone by the agent and the label', async () => {
    const agent = (await newAgent(['human'])).replace('agent-', '');
    const path = `/api/agents/${agent}/memory/blocks/human`;
    await send('post', `/api/agents/${agent}/memory`, { human: 'Ines' });
    expect(blockValueReply.parse((await send('post', `${path}/undo`)).body)).toMatchObject({ value: 'About human.' });
    expect(blockValueReply.parse((await send('post', `${path}/redo`)).body)).toMatchObject({
      value: 'Ines',
      version: 4,
    });
    expect(blockHistoryReply.parse((await send('get', `${path}/history`)).body).history).toHaveLength(4);
    const wrong = await send('get', `/api/agents/${agent}/memory/blocks/goals/history`);
    expect([wrong.status, (wrong.body as { detail: string }).detail]).toEqual([
      404,
      'There is no block "goals". The blocks of this memory are: human.',
    ]);
  });
});

describe('a shared block', () => {
  it('is attached, listed with its agents, changed for all of them, and detached', async () => {
    const [ann, ben] = [await newAgent(['human', 'team']), await newAgent(['human'])];
    const block = await blockOf(ann, 'team');
    const attached = await send('patch', `/v1/agents/${ben}/core-memory/blocks/attach/${block}`);
    expect(agentReply.parse(attached.body).memory.memory['team']?.id).toBe(block);
    const holders = (await send('get', `/v1/blocks/${block}/agents`)).body as unknown[];
    expect(holders.map((item) => agentReply.parse(item).id).sort()).toEqual([ann, ben].sort());
    await send('patch', `/v1/agents/${ben}/memory`, { team: 'We row.' });
    const seen = agentReply.parse((await send('get', `/v1/agents/${ann}`)).body);
    expect(seen.memory.memory['team']?.value).toBe('We row.');
    const human = await blockOf(ann, 'human');
    expect((await send('patch', `/v1/agents/${ben}/core-memory/blocks/attach/${human}`)).status).toBe(409);
    const detached = await send('patch', `/v1/agents/${ben}/core-memory/blocks/detach/${block}`);
    expect(Object.keys(agentReply.parse(detached.body).memory.memory)).toEqual(['human']);
    const unknown = toLettaId('block', newId());
    expect((await send('patch', `/v1/agents/${ben}/core-memory/blocks/attach/${unknown}`)).status).toBe(404);
  });

  it('can be made on its own, and goes to agents from there', async () => {
    const made = await send('post', '/v1/blocks', { label: 'rules', value: 'Be brief.', template: false });
    const { id } = blockReply.parse(made.body);
    for (const agent of [await newAgent([]), await newAgent([])]) {
      const attached = await send('patch', `/v1/agents/${agent}/core-memory/blocks/attach/${id}`);
      expect(agentReply.parse(attached.body).memory.memory['rules']?.id).toBe(id);
    }
    const offered = blockReply.parse((await send('post', '/v1/blocks', { label: 'x', value: '' })).body);
    const path = `/v1/agents/${await newAgent([])}/core-memory/blocks/attach/${offered.id}`;
    expect((await send('patch', path)).status).toBe(400);
  });
});
