import supertest, { type Response } from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type RunningApp } from '../running-app.js';

let app: RunningApp;
let user: Awaited<ReturnType<RunningApp['newUser']>>;
let id: string;

const note = {
  calls: [{ id: 'call_note', name: 'core_memory_append', arguments: { label: 'human', content: 'Has a boat.' } }],
};
const answer = { calls: [{ name: 'send_message', arguments: { message: 'Noted.' } }] };

beforeAll(async () => {
  app = await startApp({
    script: (request) =>
      request.messages.some((message) => message.role === 'tool' && message.callId === 'call_note') ? answer : note,
  });
});
afterAll(() => app.close());

const send = (verb: 'get' | 'put' | 'post', path: string, body?: object, headers = user.headers): Promise<Response> => {
  const request = supertest(app.server)[verb](`/api/agents/${id}${path}`).set(headers);
  return body === undefined ? request : request.send(body);
};
beforeAll(async () => {
  user = await app.newUser();
  const made = await supertest(app.server)
    .post('/api/agents')
    .set(user.headers)
    .send({ config: { human: 'Ann' } });
  id = (made.body as { agent_state: { id: string } }).agent_state.id;
});

const rules = [
  { tool_name: 'core_memory_append', type: 'requires_approval' },
  { tool_name: 'core_memory_append', type: 'max_count_per_step', max_count_limit: 3 },
  { tool_name: 'send_message', type: 'parent_last_tool', children: ['core_memory_replace'] },
  {
    tool_name: 'archival_memory_search',
    type: 'conditional',
    child_output_mapping: { true: 'send_message' },
    default_child: null,
    require_output_mapping: false,
  },
];

describe('the rules of an agent’s tools', () => {
  it('are replaced as a whole and read back as they were sent', async () => {
    expect((await send('get', '/tool-rules')).body).toEqual({ tool_rules: [] });
    expect((await send('put', '/tool-rules', { tool_rules: rules })).body).toEqual({ tool_rules: rules });
    expect((await send('get', '/tool-rules')).body).toEqual({ tool_rules: rules });
    await send('put', '/tool-rules', { tool_rules: [rules[0]] });
    expect((await send('get', '/tool-rules')).body).toEqual({ tool_rules: [rules[0]] });
  });

  it.each([
    [{ tool_name: 'x', type: 'no_such_rule' }, 'tool_rules,0,type'],
    [{ tool_name: 'x', type: 'constrain_child_tools' }, 'tool_rules,0,children'],
    [{ tool_name: 'x', type: 'run_first', args: { a: 1 } }, 'tool_rules,0,args'],
    [{ tool_name: 'x', type: 'max_count_per_step', max_count_limit: 0 }, 'tool_rules,0,max_count_limit'],
  ])('are refused where one cannot be followed: %j', async (rule, place) => {
    const refused = await send('put', '/tool-rules', { tool_rules: [rule] });
    expect(refused.status).toBe(422);
    expect((refused.body as { detail: { loc: string[] }[] }).detail[0]?.loc.join()).toBe(`body,${place}`);
    expect((await send('get', '/tool-rules')).body).toEqual({ tool_rules: [rules[0]] });
  });

  it('are nobody else’s to see or to change', async () => {
    const { headers } = await app.newUser();
    for (const [verb, path, body] of [
      ['get', '/tool-rules', undefined],
      ['put', '/tool-rules', { tool_rules: [] }],
      ['get', '/approvals', undefined],
      ['post', '/approvals', { approvals: [{ tool_call_id: 'call_note', approve: true }] }],
    ] as const) {
      const refused = await send(verb, path, body, headers);
      expect([path, refused.status]).toEqual([path, 404]);
    }
  });
});

describe('a call that waits for approval', () => {
  it('is listed, keeps others from speaking, and is carried out once it is approved', async () => {
    expect((await send('get', '/approvals')).body).toEqual({ run_id: null, expires_at: null, tool_calls: [] });
    const sent = await send('post', '/messages', { message: 'I have a boat.' });
    const told = { detail: 'The agent waits for approval of a call of core_memory_append.' };
    expect([sent.status, sent.body]).toEqual([409, told]);
    const awaiting = (await send('get', '/approvals')).body as { run_id: string; tool_calls: unknown[] };
    expect(awaiting.tool_calls).toEqual([
      {
        tool_call_id: 'call_note',
        name: 'core_memory_append',
        arguments: '{"label":"human","content":"Has a boat."}',
      },
    ]);
    expect((await send('post', '/messages', { message: 'Well?' })).status).toBe(409);
    const wrong = await send('post', '/approvals', { approvals: [{ tool_call_id: 'other', approve: true }] });
    expect(wrong.status).toBe(400);
    const given = await send('post', '/approvals', { approvals: [{ tool_call_id: 'call_note', approve: true }] });
    expect([given.status, given.body]).toEqual([200, { run_id: awaiting.run_id, status: 'queued' }]);
    const owner = { userId: user.id, role: 'user' } as const;
    const log = app.room.runs.follow(owner, awaiting.run_id, {
      afterSeq: 0,
      signal: AbortSignal.timeout(15_000),
      pastRests: true,
    });
    for await (const event of log) void event;
    expect((await app.room.runs.get(owner, awaiting.run_id)).status).toBe('completed');
    const memory = (await send('get', '/memory')).body as { core_memory: { human: string } };
    expect(memory.core_memory.human).toContain('Has a boat.');
  });
});
