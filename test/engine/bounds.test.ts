import { afterEach, describe, expect, it } from 'vitest';
import type { Tool } from '../../src/engine/tools/tool.js';
import { ProviderError, type ModelRequest } from '../../src/providers/provider.js';
import { openRoom, principal, type EngineRoom, type RoomOptions } from '../support/engine-room.js';
import { call, isValidHistory, lastUserText } from '../support/requests.js';

let room: EngineRoom;
const open = async (options: RoomOptions): Promise<EngineRoom> => (room = await openRoom(options));
afterEach(() => room.close());

describe('progress and bounds', () => {
  it('I-11: a run takes no more turns than it may, and its history stays valid', async () => {
    await open({
      script: (request, index) => {
        expect(isValidHistory(request)).toBe(true);
        return index < 50 ? call('memory_append', { label: 'human', text: `fact ${index}` }) : 'enough';
      },
    });
    const agent = await room.newAgent();
    const run = await room.say(agent, 'go on for ever');
    expect(run).toMatchObject({ status: 'incomplete', incompleteReason: 'max_turns', turn: 50 });
    expect((await room.say(agent, 'still there?')).status).toBe('completed');
  });

  it('I-11: a provider that calls every prompt too long is asked a bounded number of times', async () => {
    await open({
      script: (request) =>
        request.tools.length === 0
          ? 'a summary'
          : { error: new ProviderError('invalid_request', 'maximum context length', { overflow: true }) },
    });
    const agent = await room.newAgent();
    const run = await room.say(agent, 'hello');
    expect(run.status).toBe('failed');
    expect(room.provider.requests.length).toBeLessThanOrEqual(10);
  });

  it.each(['native', 'heartbeat'] as const)(
    'I-12: one oversize message or result never stops the next small message (%s)',
    async (protocol) => {
      const huge: Tool = {
        definition: { name: 'huge', description: 'Says much.', parameters: { type: 'object' } },
        effect: 'search',
        run: () => Promise.resolve({ output: 'x'.repeat(2_000_000), failed: false }),
      };
      await open({
        contextWindow: 8_192,
        tools: [huge],
        script: (request) => {
          expect(JSON.stringify(request.messages).length).toBeLessThan(8_192 * 4.5);
          if (request.tools.length === 0) return 'a summary';
          const text = lastUserText(request);
          const last = request.messages.at(-1);
          return text.includes('use the tool') && last?.role !== 'tool' ? call('huge', {}) : 'fine';
        },
      });
      const agent = await room.newAgent({ protocol, tools: ['huge', 'send_message'] });
      expect((await room.say(agent, 'word '.repeat(50_000))).status).toBe('completed');
      expect((await room.say(agent, 'small')).status).toBe('completed');
      expect((await room.say(agent, 'use the tool')).status).toBe('completed');
      expect((await room.say(agent, 'small again')).status).toBe('completed');
    },
  );

  it('I-12: instructions larger than the window are refused with a clear error, and cured by shorter ones', async () => {
    await open({ contextWindow: 8_192, script: () => 'fine' });
    const agent = await room.newAgent({ instructions: 'rule '.repeat(20_000) });
    const run = await room.say(agent, 'hello');
    expect(run.error?.code).toBe('context_window_overflow_in_system_prompt');
    await room.store.agents.update({ ...agent, instructions: 'Be brief.' });
    expect((await room.say(agent, 'hello')).status).toBe('completed');
  });

  it('I-13: the same failing call three times brings a hint, five times the end', async () => {
    const hinted: number[] = [];
    await open({
      script: (request, index) => {
        if (JSON.stringify(request.messages).includes('has now failed')) hinted.push(index);
        return call('memory_replace', { label: 'human', old_string: 'absent', new_string: 'x' });
      },
    });
    const agent = await room.newAgent({ tools: ['memory_replace'] });
    const run = await room.say(agent, 'loop');
    expect(run).toMatchObject({ status: 'failed', error: { code: 'error_loop' } });
    expect(hinted).toEqual([3, 4]);
    expect(room.provider.requests).toHaveLength(5);
  });

  it('I-14: plain text in the heartbeat protocol is the answer', async () => {
    await open({ script: ['I forgot to call the tool.'] });
    const agent = await room.newAgent({ protocol: 'heartbeat' });
    const run = await room.say(agent, 'hello');
    expect(run.status).toBe('completed');
    expect(await room.spoken(agent)).toEqual(['user: hello', 'assistant: I forgot to call the tool.']);
  });

  it.each(['native', 'heartbeat'] as const)(
    'I-15: a failed call is followed by another model call (%s)',
    async (protocol) => {
      const answer = protocol === 'native' ? 'mended' : call('send_message', { message: 'mended' });
      await open({ script: [call('no_such_tool', {}), answer] });
      const agent = await room.newAgent({ protocol });
      await room.say(agent, 'hello');
      expect(await room.spoken(agent)).toEqual(['user: hello', 'assistant: mended']);
      expect(JSON.stringify(room.provider.requests[1]?.messages)).toContain('There is no tool called');
    },
  );

  it('I-16: the result of a tool is cut to its limit and says how long it was', async () => {
    const long: Tool = {
      definition: { name: 'long', description: 'Says much.', parameters: { type: 'object' } },
      effect: 'search',
      run: () => Promise.resolve({ output: 'y'.repeat(80_000), failed: false }),
    };
    await open({ script: [call('long', {}), 'done'], tools: [long], contextWindow: 8_192 });
    const agent = await room.newAgent({ tools: ['long'] });
    const run = await room.say(agent, 'go');
    const output = (await room.store.runs.steps(run.id))[0]?.calls[0]?.output ?? '';
    expect(output.length).toBeLessThan(7_000);
    expect(output).toMatch(/80,?000/);
  });
});

describe('effects outside', () => {
  const sender = (sent: string[], gate: () => Promise<void>): Tool => ({
    definition: { name: 'send_mail', description: 'Sends.', parameters: { type: 'object' } },
    effect: 'outside',
    repeatable: false,
    async run(context) {
      sent.push(context.callId);
      await gate();
      return { output: 'sent', failed: false };
    },
  });

  it('I-25: a call that had begun when its worker died is not made again', async () => {
    const sent: string[] = [];
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    await open({ script: [call('send_mail', {}, 'call_mail'), 'told'], tools: [sender(sent, () => gate)] });
    const agent = await room.newAgent({ tools: ['send_mail'] });
    const run = await room.start(agent, 'mail it');
    while (sent.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await room.store.runs.lapseLeases(Date.now());
    const second = room.newWorker();
    second.start();
    expect((await room.rest(run)).status).toBe('completed');
    release();
    await second.stop(0);
    expect(sent).toEqual(['call_mail']);
    expect(JSON.stringify(room.provider.requests.at(-1)?.messages)).toContain('was interrupted');
  });

  it('I-26: a cancel stops the model at once, and the next message is answered', async () => {
    let aborted = false;
    await open({
      script: (_request, index) =>
        index > 0
          ? 'here again'
          : {
              text: 'a long answer that never ends',
              deltaChars: 4,
              cutAfter: 3,
              ending: 'silence',
              before: (signal) => signal.addEventListener('abort', () => (aborted = true)),
            },
    });
    const agent = await room.newAgent();
    const run = await room.start(agent, 'talk');
    for await (const event of room.follow(run.id, { afterSeq: 0, signal: AbortSignal.timeout(5_000) })) {
      if (event.type === 'text-delta') break;
    }
    expect((await room.runs.cancel(principal, run.id)).status).toBe('cancelling');
    expect((await room.rest(run)).status).toBe('cancelled');
    expect(aborted).toBe(true);
    await room.log(run);
    expect((await room.say(agent, 'are you there?')).status).toBe('completed');
  });

  it('I-26: a cancel stops a tool at work and answers its call', async () => {
    const sent: string[] = [];
    const never = new Promise<void>(() => undefined);
    await open({ script: [call('send_mail', {}), 'next'], tools: [sender(sent, () => never)] });
    const agent = await room.newAgent({ tools: ['send_mail'] });
    const run = await room.start(agent, 'mail it');
    while (sent.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await room.runs.cancel(principal, run.id);
    expect((await room.rest(run)).status).toBe('cancelled');
    await room.say(agent, 'go on');
    expect(isValidHistory(room.provider.requests.at(-1) ?? ({ messages: [] } as unknown as ModelRequest))).toBe(true);
  });
});
