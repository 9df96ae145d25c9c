import { expect, it } from 'vitest';
import type { ToolRule } from '../../src/domain/tool-rule.js';
import type { Tool } from '../../src/engine/tools/tool.js';
import type { ModelRequest } from '../../src/providers/provider.js';
import type { ScriptedReply } from '../../src/providers/scripted.js';
import { describeOnBothDatabases, type OpenRoom } from '../support/both-databases.js';
import { principal } from '../support/engine-room.js';
import { call, isValidHistory } from '../support/requests.js';

/** Tools that give back what they are asked to, and what was called of them. */
function threeTools(): { tools: Tool[]; done: string[] } {
  const done: string[] = [];
  const tools = ['look', 'book', 'pay'].map((name): Tool => {
    const definition = { name, description: `Does ${name}.`, parameters: { type: 'object', properties: {} } };
    return {
      definition,
      effect: 'outside',
      repeatable: true,
      run: (_context, { output = 'ok' }) => {
        done.push(name);
        return Promise.resolve({ output: String(output), failed: false });
      },
    };
  });
  return { tools, done };
}

const offered = (request: ModelRequest | undefined): string[] => (request?.tools ?? []).map(({ name }) => name);

/** One run of an agent with rules, in which the model says what it is told. */
async function tell(open: OpenRoom, toolRules: ToolRule[], script: ScriptedReply[], functions: string[] = []) {
  const { tools, done } = threeTools();
  let late = 0;
  const room = await open({ script, tools, clock: { now: () => Date.now() + late } });
  const agent = await room.newAgent({ tools: ['look', 'book', 'pay'], functions, toolRules });
  const run = await room.say(agent, 'Go.');
  return { room, agent, run, done, requests: room.provider.requests, pass: (ms: number) => (late += ms) };
}

const approval: ToolRule[] = [{ type: 'requires_approval', toolName: 'pay' }];
const five = call('pay', { amount: 5 }, 'call_pay');
const decide = (approve: boolean, callId = 'call_pay') => [{ callId, approve, reason: approve ? null : 'Too much.' }];

describeOnBothDatabases('rules for tools', (open) => {
  it('15. a tool that must come first is all that is offered at first, and forced', async () => {
    const { requests } = await tell(open, [{ type: 'run_first', toolName: 'look' }], [call('look', {}), 'Done.']);
    expect([offered(requests[0]), requests[0]?.toolChoice]).toEqual([['look'], 'required']);
    expect([offered(requests[1]), requests[1]?.toolChoice]).toEqual([['look', 'book', 'pay'], 'auto']);
  });

  it('16. only children are offered after a call that has them, and no other is carried out', async () => {
    const rules: ToolRule[] = [{ type: 'constrain_child_tools', toolName: 'look', children: ['book'] }];
    const { requests, done } = await tell(open, rules, [
      call('look', {}),
      call('pay', {}),
      call('look', {}),
      call('book', {}),
      'Done.',
    ]);
    expect(offered(requests[1])).toEqual(['book']);
    expect(done).toEqual(['look', 'book']);
  });

  it('16. a call that a rule forbids counts for no other rule: it neither ends the run nor is the call that was required', async () => {
    const rules: ToolRule[] = [
      { type: 'parent_last_tool', toolName: 'look', children: ['pay'] },
      { type: 'exit_loop', toolName: 'pay' },
      { type: 'required_before_exit', toolName: 'pay' },
    ];
    const { done, run } = await tell(open, rules, [call('pay', {}), 'Done.', call('pay', {})]);
    expect([done, run.status, run.turn]).toEqual([['pay'], 'completed', 3]);
  });

  it.each([
    ['a truth', 'true', 'pay'],
    ['a number', '3', 'book'],
    ['a text', '"sold out"', 'look'],
    ['something else', 'maybe', 'book'],
  ])('17. what follows depends on what came back, which may be %s', async (_what, output, next) => {
    const outcomes = { true: 'pay', 3: 'book', 'sold out': 'look' };
    const rules: ToolRule[] = [{ type: 'conditional', toolName: 'look', outcomes, otherwise: 'book', strict: false }];
    const { requests } = await tell(open, rules, [call('look', { output }), call(next, {}), call('book', {}), 'Done.']);
    expect(offered(requests[1])).toEqual([next]);
  });

  it('18. a tool is called exactly as often as it may be', async () => {
    const rules: ToolRule[] = [{ type: 'max_count_per_step', toolName: 'look', countMax: 3 }];
    const looks = Array.from({ length: 5 }, (_none, at) => call('look', {}, `call_${at}`));
    const { done, requests } = await tell(open, rules, [...looks, 'Done.']);
    expect(done).toEqual(['look', 'look', 'look']);
    expect(requests.map((request) => offered(request).includes('look'))).toEqual([
      ...[true, true, true],
      ...[false, false, false],
    ]);
  });

  it('19. a run does not end before a required call was made, and the model is reminded of it', async () => {
    const rules: ToolRule[] = [{ type: 'required_before_exit', toolName: 'pay' }];
    const { requests, done, run } = await tell(open, rules, ['Done.', call('pay', {}), 'Paid.']);
    expect(JSON.stringify(requests[1]?.messages.at(-1))).toContain('do not let you finish yet');
    expect([done, run.status, run.turn]).toEqual([['pay'], 'completed', 3]);
  });

  it('20. an approved call is carried out once, however often it is approved', async () => {
    const { room, run, done } = await tell(open, approval, [five, 'Paid.']);
    expect([run.status, done]).toEqual(['requires_action', []]);
    await room.runs.approve(principal, run.id, decide(true));
    expect((await room.rest(run, run.lastSeq)).status).toBe('completed');
    await room.runs.approve(principal, run.id, decide(true));
    expect(done).toEqual(['pay']);
  });

  it('20. a denied call is not carried out, and the model is told why', async () => {
    const { room, run, done, requests } = await tell(open, approval, [five, 'Not paid.']);
    await room.runs.approve(principal, run.id, decide(false));
    expect((await room.rest(run, run.lastSeq)).status).toBe('completed');
    expect(done).toEqual([]);
    expect(JSON.stringify(requests[1]?.messages)).toContain('Too much.');
  });

  it('20. approvals of other calls are refused, and so are messages while one is awaited', async () => {
    const { room, run, agent } = await tell(open, approval, [five, 'Paid.']);
    const wrong = room.runs.approve(principal, run.id, decide(true, 'call_other'));
    await expect(wrong).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(room.start(agent, 'Well?')).rejects.toMatchObject({ code: 'conflict' });
    expect((await room.runs.get(principal, run.id)).status).toBe('requires_action');
  });

  it('20. I-27: nobody’s decision is a denial after a day, and the agent goes on', async () => {
    const { room, run, agent, done, requests, pass } = await tell(open, approval, [five, 'Hello.']);
    pass(25 * 3_600_000);
    await room.sweeper.expire();
    expect((await room.runs.get(principal, run.id)).status).toBe('expired');
    await expect(room.runs.approve(principal, run.id, decide(true))).rejects.toMatchObject({ code: 'conflict' });
    expect((await room.say(agent, 'Hi.')).status).toBe('completed');
    expect([done, requests.every(isValidHistory)]).toEqual([[], true]);
  });
});
