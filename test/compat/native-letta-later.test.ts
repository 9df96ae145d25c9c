import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { agentReply, blockReply, toolReply } from '../../src/http/native/letta/replies.js';
import { startApp, type RunningApp } from '../http/running-app.js';
import { ok, pythonClient, type PythonClient } from './python-client.js';

/*
 * What the Python client of the first releases of Letta 0.5 sends otherwise than that of 0.4, in its bytes.
 */

let app: RunningApp;
let call: PythonClient;

beforeAll(async () => {
  app = await startApp({ script: () => ({ calls: [{ name: 'send_message', arguments: { message: 'Hallo!' } }] }) });
  const { headers } = await app.newUser();
  call = pythonClient(app.url, (headers['authorization'] ?? '').replace('Bearer ', ''));
});
afterAll(() => app.close());

/** A block as the client writes one out: by the names of its members, not by their aliases. */
const blockBody = (label: string, value: string): Record<string, unknown> => ({
  value,
  limit: 2000,
  template_name: label,
  template: false,
  label,
  description: null,
  metadata_: {},
  user_id: null,
  id: `block-${crypto.randomUUID()}`,
});

const agentBody = (name: string): Record<string, unknown> => ({
  description: null,
  metadata_: null,
  user_id: null,
  name,
  message_ids: null,
  memory: { memory: { human: blockBody('human', 'Name: Jo'), persona: blockBody('persona', 'I am calm.') } },
  tools: ['send_message', 'core_memory_append', 'core_memory_replace'],
  tool_rules: null,
  tags: null,
  initial_message_sequence: null,
  system: null,
  agent_type: 'memgpt_agent',
  llm_config: null,
  embedding_config: null,
});

describe('a client of Letta 0.5', () => {
  it('creates an agent of a type, reads the type wherever it reads the agent, and finds it by its name', async () => {
    const made = await ok(agentReply, call('POST', '/v1/agents', { json: agentBody('Jo') }));
    expect(made).toMatchObject({ agent_type: 'memgpt_agent', memory: { memory: { human: { value: 'Name: Jo' } } } });
    await ok(agentReply, call('POST', '/v1/agents', { json: agentBody('Flo') }));
    const found = await ok(z.array(agentReply), call('GET', '/v1/agents', { params: { name: 'Jo' } }));
    expect(found).toEqual([made]);
    expect(await ok(z.array(agentReply), call('GET', '/v1/agents', { params: { name: 'Nobody' } }))).toEqual([]);
    const changed = await ok(
      agentReply,
      call('PATCH', `/v1/agents/${made.id}`, { json: { id: made.id, description: 'x' } }),
    );
    expect(changed).toEqual({ ...made, description: 'x' });
  });

  it('leaves an agent of 0.4 without the member that the client of 0.4 refuses', async () => {
    const {
      agent_type: _type,
      tool_rules: _rules,
      tags: _tags,
      initial_message_sequence: _first,
      ...body
    } = agentBody('Old');
    expect(await ok(agentReply, call('POST', '/v1/agents', { json: body }))).not.toHaveProperty('agent_type');
  });

  it('gives an agent rules for its tools', async () => {
    const tool_rules = [{ tool_name: 'send_message', type: 'exit_loop' }];
    const { id } = await ok(agentReply, call('POST', '/v1/agents', { json: { ...agentBody('Ruled'), tool_rules } }));
    const rules = await call('GET', `/api/agents/${id}/tool-rules`);
    expect(rules.body).toEqual({ tool_rules });
  });

  it('names blocks by their longer name, when they are made and when they are changed', async () => {
    const { id: _id, ...body } = blockBody('human', 'Jo');
    const made = await ok(blockReply, call('POST', '/v1/blocks', { json: { ...body, template_name: 'jo' } }));
    expect(made).toMatchObject({ name: 'jo', template: false });
    const change = { ...body, template_name: 'flo', id: made.id, value: 'Flo' };
    expect(await ok(blockReply, call('POST', `/v1/blocks/${made.id}`, { json: change }))).toMatchObject({
      name: 'flo',
      value: 'Flo',
    });
    const later = { ...body, template_name: 'mo', template: undefined, is_template: true, organization_id: null };
    expect(await ok(blockReply, call('POST', '/v1/blocks', { json: later }))).toMatchObject({
      name: 'mo',
      template: true,
    });
  });

  it('reads tools in parts, each of them once', async () => {
    const all = await ok(z.array(toolReply), call('GET', '/v1/tools'));
    const read: string[] = [];
    for (let cursor: string | undefined; ; cursor = read.at(-1)) {
      const page = await ok(z.array(toolReply), call('GET', '/v1/tools', { params: { cursor, limit: 4 } }));
      read.push(...page.map((tool) => tool.id));
      if (page.length === 0) break;
    }
    expect(read).toEqual(all.map((tool) => tool.id));
    expect((await call('GET', '/v1/tools', { params: { cursor: 'tool-none', limit: 4 } })).status).toBe(400);
  });

  it('comes to an end where it reads lists on until nothing comes, as later clients do', async () => {
    const { id } = await ok(agentReply, call('POST', '/v1/agents', { json: agentBody('Listed') }));
    const ofAgent = ['tools', 'core-memory/blocks'].map((word) => `/v1/agents/${id}/${word}`);
    for (const path of ['/v1/agents', '/v1/blocks', '/v1/tools', ...ofAgent]) {
      const members = z.array(z.looseObject({ id: z.string() }));
      const whole = (await ok(members, call('GET', path))).map((each) => each.id);
      const read: string[] = [];
      for (let after: string | undefined; ; after = read.at(-1)) {
        const part = await ok(members, call('GET', path, { params: { after, limit: 2 } }));
        if (part.length === 0) break;
        expect(part.length).toBeLessThanOrEqual(2);
        read.push(...part.map((each) => each.id));
      }
      expect([path, read]).toEqual([path, whole]);
      expect(whole.length).toBeGreaterThan(1);
    }
  });

  it('gives and takes several tools at once, and none of them is lost', async () => {
    const { id, tools } = await ok(agentReply, call('POST', '/v1/agents', { json: agentBody('Busy') }));
    const others = (await ok(z.array(toolReply), call('GET', '/v1/tools'))).filter(({ name }) => !tools.includes(name));
    const toolsNow = async (): Promise<string[]> => (await ok(agentReply, call('GET', `/v1/agents/${id}`))).tools;
    const all = [...tools, ...others.map(({ name }) => name)];
    expect(others.length).toBeGreaterThan(3);
    const each = async (word: string): Promise<void> => {
      await Promise.all(
        others.map((tool) => ok(agentReply, call('PATCH', `/v1/agents/${id}/tools/${word}/${tool.id}`))),
      );
    };
    await each('attach');
    expect((await toolsNow()).toSorted()).toEqual(all.toSorted());
    await each('detach');
    expect((await toolsNow()).toSorted()).toEqual(tools.toSorted());
  });

  it('changes a tool without its id in the body', async () => {
    const source = 'def tide(day: int) -> str:\n    """Tells the tide."""\n    return ""\n';
    const body = { source_code: source, source_type: 'python', tags: [], terminal: null };
    const { id } = await ok(toolReply, call('POST', '/v1/tools', { json: body }));
    const unset = { description: null, name: null, module: null, source_code: null, json_schema: null };
    const change = { ...unset, source_type: 'python', tags: ['sea'] };
    expect((await ok(toolReply, call('PATCH', `/v1/tools/${id}`, { json: change }))).tags).toEqual(['sea']);
  });
});
