import { afterEach, describe, expect, it } from 'vitest';
import type { ToolRule } from '../../src/domain/tool-rule.js';
import { awaitingApproval } from '../../src/services/call-approvals.js';
import type { Tool } from '../../src/engine/tools/tool.js';
import type { Script } from '../../src/providers/scripted.js';
import { openRoom, principal, type EngineRoom, type RoomOptions } from '../support/engine-room.js';
import { call, isValidHistory } from '../support/requests.js';

let room: EngineRoom;
afterEach(() => room.close());

/** The arguments with which the tool was carried out. */
let paid: unknown[] = [];
const pay: Tool = {
  definition: { name: 'pay', description: 'Pays.', parameters: { type: 'object', properties: {} } },
  effect: 'outside',
  repeatable: false,
  run: (_context, input) => {
    paid.push(input);
    return Promise.resolve({ output: 'paid', failed: false });
  },
};
const rules: ToolRule[] = [{ type: 'requires_approval', toolName: 'pay' }];

async function open(script: Script, options: Partial<RoomOptions> = {}): Promise<void> {
  paid = [];
  room = await openRoom({ script, tools: [pay], ...options });
}

/** An agent that has asked to pay and waits. */
async function waiting(functions: string[] = []) {
  const agent = await room.newAgent({ tools: ['pay', 'memory_append'], functions, toolRules: rules });
  const run = await room.say(agent, 'Pay 5.');
  expect([run.status, paid]).toEqual(['requires_action', []]);
  return { agent, run };
}

const five = call('pay', { amount: 5 }, 'call_pay');
const say = (callId: string, approve: boolean, reason: string | null = null) => ({ callId, approve, reason });

describe('a call that needs approval', () => {
  it('I-27: is carried out once it is approved, with the arguments that were shown, and once', async () => {
    await open([five, 'Paid.']);
    const { agent, run } = await waiting();
    expect(awaitingApproval(run).map((asked) => [asked.name, asked.arguments])).toEqual([['pay', '{"amount":5}']]);
    await room.runs.approve(principal, run.id, [say('call_pay', true)]);
    const ended = await room.rest(run, run.lastSeq);
    expect([ended.status, paid]).toEqual(['completed', [{ amount: 5 }]]);
    await room.runs.approve(principal, run.id, [say('call_pay', true)]);
    await expect(room.runs.approve(principal, run.id, [say('call_pay', false)])).rejects.toMatchObject({
      code: 'conflict',
    });
    expect(paid).toHaveLength(1);
    expect(await room.spoken(agent)).toEqual(['user: Pay 5.', 'assistant: Paid.']);
    await room.log(ended);
  });

  it('is not carried out where it is denied, and the model is told why', async () => {
    await open([five, 'I did not pay.']);
    const { run } = await waiting();
    await room.runs.approve(principal, run.id, [say('call_pay', false, 'Too much.')]);
    const ended = await room.rest(run, run.lastSeq);
    expect([ended.status, paid]).toEqual(['completed', []]);
    expect(JSON.stringify(room.provider.requests.at(-1)?.messages)).toContain(
      'The call was denied. The reason: Too much.',
    );
    expect(room.provider.requests.every(isValidHistory)).toBe(true);
    await room.log(ended);
  });

  it('refuses approvals of other calls, of too few and of somebody else', async () => {
    await open([five, 'Paid.']);
    const { run } = await waiting();
    for (const wrong of [[say('call_other', true)], [say('call_pay', true), say('call_more', true)], []]) {
      await expect(room.runs.approve(principal, run.id, wrong)).rejects.toMatchObject({ code: 'invalid_request' });
    }
    const stranger = { userId: 'somebody', role: 'user' } as const;
    await expect(room.runs.approve(stranger, run.id, [say('call_pay', true)])).rejects.toMatchObject({
      code: 'not_found',
    });
    expect((await room.runs.get(principal, run.id)).status).toBe('requires_action');
  });

  it('keeps every call of its reply waiting, then leaves the client its own', async () => {
    const both = {
      calls: [
        { id: 'call_note', name: 'memory_append', arguments: { label: 'human', text: 'Owes 5.' } },
        { id: 'call_pay', name: 'pay', arguments: { amount: 5 } },
        { id: 'call_ring', name: 'ring', arguments: {} },
      ],
    };
    await open([both, 'Done.']);
    const { agent, run } = await waiting(['ring']);
    expect(run.pendingCalls.map(({ id }) => id)).toEqual(['call_pay']);
    expect((await room.blocks(agent))['human']).toBe('');
    await room.runs.approve(principal, run.id, [say('call_pay', true)]);
    const next = await room.rest(run, run.lastSeq);
    expect([next.status, next.pendingCalls.map(({ id }) => id)]).toEqual(['requires_action', ['call_ring']]);
    expect([(await room.blocks(agent))['human'], paid]).toEqual(['Owes 5.', [{ amount: 5 }]]);
    await room.runs.submit(principal, run.id, [{ callId: 'call_ring', output: 'rang' }]);
    const ended = await room.rest(next, next.lastSeq);
    expect(ended.status).toBe('completed');
    await room.log(ended);
  });

  it('is answered, where a client gives it a result, by that result and carried out by nobody', async () => {
    await open([five, 'Noted.']);
    const { run } = await waiting();
    await room.runs.submit(principal, run.id, [{ callId: 'call_pay', output: 'paid by hand' }]);
    const ended = await room.rest(run, run.lastSeq);
    expect([ended.status, paid]).toEqual(['completed', []]);
    expect(JSON.stringify(room.provider.requests.at(-1)?.messages)).toContain('paid by hand');
  });

  it('lets nobody speak in between, and says what is waited for', async () => {
    await open([five, 'Paid.']);
    const { agent } = await waiting();
    await expect(room.start(agent, 'Hello?')).rejects.toMatchObject({
      code: 'conflict',
      message: 'The agent waits for approval of a call of pay. Approve or deny it first.',
    });
  });

  it('stays uncalled where the run is cancelled, and the next message works', async () => {
    await open([five, 'Hello.']);
    const { agent, run } = await waiting();
    expect((await room.runs.cancel(principal, run.id)).status).toBe('cancelled');
    expect((await room.say(agent, 'Hi.')).status).toBe('completed');
    expect(room.provider.requests.every(isValidHistory)).toBe(true);
    expect(paid).toEqual([]);
  });

  it('stays uncalled where nobody decides for a day, and the next message works', async () => {
    let now = Date.now();
    await open([five, 'Hello.'], { clock: { now: () => now } });
    const { agent, run } = await waiting();
    now += 23 * 3_600_000;
    await room.sweeper.expire();
    expect((await room.runs.get(principal, run.id)).status).toBe('requires_action');
    now += 2 * 3_600_000;
    await room.sweeper.expire();
    expect((await room.runs.get(principal, run.id)).status).toBe('expired');
    expect((await room.say(agent, 'Hi.')).status).toBe('completed');
    expect([paid, room.provider.requests.every(isValidHistory)]).toEqual([[], true]);
  });
});
