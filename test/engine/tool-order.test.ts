import { afterEach, describe, expect, it } from 'vitest';
import type { Protocol } from '../../src/domain/agent.js';
import type { ToolRule } from '../../src/domain/tool-rule.js';
import type { ModelRequest } from '../../src/providers/provider.js';
import type { Tool } from '../../src/engine/tools/tool.js';
import type { Script } from '../../src/providers/scripted.js';
import { openRoom, type EngineRoom } from '../support/engine-room.js';
import { call, isValidHistory } from '../support/requests.js';

let room: EngineRoom;
afterEach(() => room.close());

/** What the tools of a test did, in order. */
let done: string[] = [];

const names = ['look', 'book', 'pay'];
const tools: Tool[] = names.map((name) => ({
  definition: { name, description: `Does ${name}.`, parameters: { type: 'object', properties: {} } },
  effect: 'outside',
  repeatable: true,
  run: () => {
    done.push(name);
    return Promise.resolve({ output: name === 'look' ? 'true' : 'ok', failed: false });
  },
}));

async function open(script: Script): Promise<void> {
  done = [];
  room = await openRoom({ script, tools });
}

async function tell(protocol: Protocol, toolRules: ToolRule[]) {
  const speech = protocol === 'heartbeat' ? ['send_message'] : [];
  const agent = await room.newAgent({ protocol, tools: [...names, ...speech], toolRules });
  const run = await room.say(agent, 'Go.');
  expect(room.faults).toEqual([]);
  expect(room.provider.requests.every(isValidHistory)).toBe(true);
  await room.log(run);
  return { agent, run, requests: room.provider.requests };
}

const offered = (request: ModelRequest | undefined): string[] => (request?.tools ?? []).map((tool) => tool.name);
const goOn = { request_heartbeat: true };

describe.each(['native', 'heartbeat'] as const)('an agent with rules for its tools, %s', (protocol) => {
  const answer = protocol === 'native' ? 'Done.' : call('send_message', { message: 'Done.' });
  const spoken = ['user: Go.', 'assistant: Done.'];

  it('begins with its first call, which is forced and all that is offered', async () => {
    await open([call('look', goOn), answer]);
    const { agent, requests } = await tell(protocol, [{ type: 'run_first', toolName: 'look' }]);
    expect([offered(requests[0]), requests[0]?.toolChoice]).toEqual([['look'], 'required']);
    expect(offered(requests[1])).toContain('book');
    expect(requests[1]?.toolChoice).toBe('auto');
    expect(await room.spoken(agent)).toEqual(spoken);
  });

  it('carries out no call that its rules do not allow, and is told which it may make', async () => {
    await open([call('pay', goOn), call('look', goOn), answer]);
    const { agent, requests } = await tell(protocol, [{ type: 'run_first', toolName: 'look' }]);
    expect(done).toEqual(['look']);
    expect(JSON.stringify(requests[1]?.messages)).toContain('do not allow pay here');
    expect(await room.spoken(agent)).toEqual(spoken);
  });

  it('is offered only the children of what it called', async () => {
    await open([call('book', {}), call('pay', goOn), answer]);
    const rules: ToolRule[] = [{ type: 'constrain_child_tools', toolName: 'book', children: ['pay'] }];
    const { agent, requests } = await tell(protocol, rules);
    expect([offered(requests[1]), requests[1]?.toolChoice]).toEqual([['pay'], 'required']);
    expect(done).toEqual(['book', 'pay']);
    expect(await room.spoken(agent)).toEqual(spoken);
  });

  it('goes where what came back sends it', async () => {
    await open([call('look', {}), call('pay', goOn), answer]);
    const { requests } = await tell(protocol, [
      { type: 'conditional', toolName: 'look', outcomes: { true: 'pay' }, otherwise: 'book', strict: false },
    ]);
    expect(offered(requests[1])).toEqual(['pay']);
    expect(done).toEqual(['look', 'pay']);
  });

  it('calls a tool as often as it may and not once more, in one reply or in several', async () => {
    const twice = { calls: [0, 1].map((index) => ({ id: `call_${index}`, name: 'look', arguments: goOn })) };
    await open([call('look', goOn), twice, answer]);
    const { requests } = await tell(protocol, [{ type: 'max_count_per_step', toolName: 'look', countMax: 2 }]);
    expect(done).toEqual(['look', 'look']);
    expect(offered(requests[1])).toContain('look');
    expect(offered(requests[2])).not.toContain('look');
  });

  it('does not finish before it called what is required, and is reminded', async () => {
    await open([
      answer,
      call('pay', goOn),
      protocol === 'native' ? 'Paid.' : call('send_message', { message: 'Paid.' }),
    ]);
    const { agent, requests, run } = await tell(protocol, [{ type: 'required_before_exit', toolName: 'pay' }]);
    expect([offered(requests[1]), requests[1]?.toolChoice]).toEqual([['pay'], 'required']);
    expect(JSON.stringify(requests[1]?.messages.at(-1))).toContain('do not let you finish yet');
    expect(done).toEqual(['pay']);
    expect(run.status).toBe('completed');
    expect(await room.spoken(agent)).toEqual([...spoken, 'assistant: Paid.']);
  });

  it('ends after its last call, though that failed or asks for more', async () => {
    await open([call('pay', goOn)]);
    const { run } = await tell(protocol, [{ type: 'exit_loop', toolName: 'pay' }]);
    expect([run.status, run.turn, done]).toEqual(['completed', 1, ['pay']]);
  });

  it('reads its rules in its prompt', async () => {
    await open([answer]);
    const { requests } = await tell(protocol, [{ type: 'parent_last_tool', toolName: 'book', children: ['pay'] }]);
    expect(JSON.stringify(requests[0]?.messages[0])).toContain('Only right after book may you call: pay.');
    expect(offered(requests[0])).not.toContain('pay');
  });
});

it('goes on after a call that says so, though nobody asked for a heartbeat and words were said', async () => {
  await open([
    {
      calls: [
        { name: 'send_message', arguments: { message: 'One moment.' } },
        { name: 'look', arguments: {} },
      ],
    },
    call('send_message', { message: 'Done.' }),
  ]);
  const { agent } = await tell('heartbeat', [{ type: 'continue_loop', toolName: 'look' }]);
  expect(await room.spoken(agent)).toEqual(['user: Go.', 'assistant: One moment.', 'assistant: Done.']);
});
