import { expect, it } from 'vitest';
import { limits } from '../../src/domain/limits.js';
import { textOf } from '../../src/domain/message.js';
import type { Tool } from '../../src/engine/tools/tool.js';
import type { ScriptedReply } from '../../src/providers/scripted.js';
import { describeOnBothDatabases } from '../support/both-databases.js';
import { call, isValidHistory } from '../support/requests.js';

const note = (text: string) => call('memory_append', { label: 'human', text });

/** A tool that tells when it begins and ends, and ends when it is let go. */
function slowTool(name: string, effect: 'search' | 'outside', told: string[], work: () => Promise<void>): Tool {
  const definition = { name, description: `Does ${name}.`, parameters: { type: 'object', properties: {} } };
  const run = async (): Promise<{ output: string; failed: boolean }> => {
    told.push(`begins ${name}`);
    await work();
    told.push(`ends ${name}`);
    return { output: `${name} is done`, failed: false };
  };
  return effect === 'search' ? { definition, effect, run } : { definition, effect, repeatable: true, run };
}

const callsOf = (...names: string[]): ScriptedReply => ({
  calls: names.map((name) => ({ id: `call_${name}`, name, arguments: {} })),
});

describeOnBothDatabases('the native protocol', (open) => {
  it('9. text alone is the answer, after one turn', async () => {
    const room = await open({ script: ['Hello.'] });
    const agent = await room.newAgent();
    const run = await room.say(agent, 'Hi.');
    expect([run.status, run.turn, run.incompleteReason]).toEqual(['completed', 1, null]);
    expect(await room.spoken(agent)).toEqual(['user: Hi.', 'assistant: Hello.']);
  });

  it('10. every call goes on: two of them and an answer are three turns', async () => {
    const room = await open({ script: [note('Plays the viola.'), note('Lives in Bergen.'), 'Noted.'] });
    const agent = await room.newAgent();
    const run = await room.say(agent, 'I play the viola in Bergen.');
    expect([run.status, run.turn]).toEqual(['completed', 3]);
    expect((await room.blocks(agent))['human']).toBe('Plays the viola.\nLives in Bergen.');
  });

  it('11. I-11: a run ends at its bound of turns, and the next message finds a valid history', async () => {
    const room = await open({
      script: (_request, index) => (index < limits.turnsPerRun ? note(`${index}`) : 'Enough.'),
    });
    const agent = await room.newAgent();
    const run = await room.say(agent, 'Count.');
    expect(run).toMatchObject({ status: 'incomplete', incompleteReason: 'max_turns', turn: limits.turnsPerRun });
    expect((await room.say(agent, 'Stop.')).status).toBe('completed');
    expect(room.provider.requests.every(isValidHistory)).toBe(true);
  });

  it('12. a reply that is cut for its length keeps its words, and the run says why it is incomplete', async () => {
    const room = await open({ script: [{ text: 'Once upon a', finish: 'length' }] });
    const agent = await room.newAgent();
    const run = await room.say(agent, 'Tell me a tale.');
    expect(run).toMatchObject({ status: 'incomplete', incompleteReason: 'max_output_tokens' });
    const last = (await room.messages(agent)).at(-1);
    expect([last?.status, last === undefined ? '' : textOf(last)]).toEqual(['incomplete', 'Once upon a']);
  });

  it('13. a model that has nothing to say is asked again, then believed: the run completes without a message', async () => {
    const room = await open({ script: Array.from({ length: 1 + limits.emptyReplies }, () => '') });
    const agent = await room.newAgent();
    expect((await room.say(agent, 'Say nothing.')).status).toBe('completed');
    expect(await room.messages(agent)).toHaveLength(1);
    expect(room.provider.requests).toHaveLength(1 + limits.emptyReplies);
  });

  it('14. searches of one reply run side by side and the rest one by one, with results in the order of the calls', async () => {
    const told: string[] = [];
    let arrived = 0;
    let release: () => void = () => undefined;
    const bothThere = new Promise<void>((resolve) => (release = resolve));
    const meet = async (): Promise<void> => {
      arrived += 1;
      if (arrived === 2) release();
      await bothThere;
    };
    const room = await open({
      script: [callsOf('mail', 'look', 'seek', 'ring'), 'Done.'],
      tools: [
        slowTool('look', 'search', told, meet),
        slowTool('seek', 'search', told, meet),
        ...['mail', 'ring'].map((name) => slowTool(name, 'outside', told, () => Promise.resolve())),
      ],
    });
    const agent = await room.newAgent({ tools: ['look', 'seek', 'mail', 'ring'] });
    expect((await room.say(agent, 'Go.')).status).toBe('completed');
    expect(told.slice(0, 4)).toEqual(['begins mail', 'ends mail', 'begins look', 'begins seek']);
    expect(told.slice(6)).toEqual(['begins ring', 'ends ring']);
    const results = room.provider.requests[1]?.messages.flatMap((one) => (one.role === 'tool' ? [one.callId] : []));
    expect(results).toEqual(['call_mail', 'call_look', 'call_seek', 'call_ring']);
  });
});
