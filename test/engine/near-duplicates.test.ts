import { afterEach, describe, expect, it } from 'vitest';
import { openRoom, type EngineRoom } from '../support/engine-room.js';
import { call } from '../support/requests.js';

let room: EngineRoom;
afterEach(() => room.close());

describe('a text that an agent archives', () => {
  it('I-21: is compared with what was archived by the call before it', async () => {
    const texts = ['Mia moved to Bergen in the spring of 2019.', 'Mia moved to Bergen in the spring of 2020.'];
    room = await openRoom({
      script: [
        { calls: texts.map((text, index) => ({ id: `call_${index}`, name: 'archival_insert', arguments: { text } })) },
        call('archival_insert', { text: 'mia moved to bergen in the spring of 2019' }),
        'done',
      ],
    });
    const agent = await room.newAgent({ tools: ['archival_insert', 'archival_update', 'archival_delete'] });
    const run = await room.say(agent, 'keep these');
    const outputs = (await room.store.runs.steps(run.id)).flatMap((step) => step.calls.map(({ output }) => output));
    const [first, second] = outputs.map((output) => /passage (\S+?)(?:\.|$)/u.exec(output ?? '')?.[1]);
    expect(outputs).toEqual([
      `ok, stored as passage ${first}`,
      `ok, stored as passage ${second}. Passage ${first} says nearly the same: "${texts[0]}". If one of them is enough, ` +
        `correct ${first} with archival_update and remove ${second} with archival_delete.`,
      `ok, in the archive already as passage ${first}`,
    ]);
  });
});
