import { expect, it } from 'vitest';
import type { Agent } from '../../src/domain/agent.js';
import type { Block } from '../../src/domain/memory.js';
import { createBlockHistoryService } from '../../src/services/block-history.js';
import { createSharedBlockService } from '../../src/services/shared-blocks.js';
import { describeOnBothDatabases } from '../support/both-databases.js';
import { carriedOut } from '../support/carried-out.js';
import { principal, type EngineRoom } from '../support/engine-room.js';
import { call, lastUserText } from '../support/requests.js';

const label = 'notes';
const clock = { now: () => Date.now() };

const agentWith = (room: EngineRoom, value: string, more: { charsMax?: number; readOnly?: boolean } = {}) =>
  room.newAgent({
    tools: ['memory_append', 'memory_replace', 'memory_insert', 'memory_rewrite', 'core_memory_replace'],
    blocks: [{ label, value, ...more }],
  });

async function blockOf(room: EngineRoom, agent: Agent): Promise<Block> {
  const memory = await room.store.memories.findByKey(agent.id, 'default');
  const block = await room.store.memories.block(memory?.id ?? '', label);
  if (block === null) throw new Error('The agent has no such block.');
  return block;
}

describeOnBothDatabases('blocks', (open) => {
  it.each([
    ['letters', 'a'],
    ['emoji', '🎉'],
    ['combining marks', 'e\u0301'],
  ])('21. I-17: a block takes %s up to its limit of code points and not one more', async (_what, unit) => {
    const room = await open({ script: [] });
    const agent = await agentWith(room, '', { charsMax: 10 });
    const text = (chars: number): string => [...unit.repeat(11)].slice(0, chars).join('');
    const rewrite = (chars: number) => ['memory_rewrite', { label, text: text(chars) }] as const;
    const results = await carriedOut(room, agent, [9, 10, 11].map(rewrite));
    expect(results.map(({ failed }) => failed)).toEqual([false, false, true]);
    expect(results[2]?.output).toMatch(/at most 10 characters.*10 now.*11, which is 1 too many/su);
    expect((await room.blocks(agent))[label]).toBe(text(10));
  });

  it('22. a text is replaced where it stands once, whatever signs and line ends it has, and else nothing is', async () => {
    const room = await open({ script: [] });
    const agent = await agentWith(room, 'tea (a+b)* tea\r\nmilk\r\nend');
    const replace = (old_string: string, new_string: string) =>
      ['memory_replace', { label, old_string, new_string }] as const;
    const results = await carriedOut(room, agent, [
      replace('coffee', 'x'),
      replace('tea', 'x'),
      replace('', 'x'),
      replace('(a+b)*', '$& \\1'),
      replace('milk\nend', 'cream'),
      ['core_memory_replace', { name: label, old_content: 'tea', new_content: 'mate' }],
    ]);
    expect(results.map(({ failed }) => failed)).toEqual([true, true, true, false, false, false]);
    expect(results[0]?.output).toContain('is not in block');
    expect(results[1]?.output).toContain('occurs 2 times');
    expect((await room.blocks(agent))[label]).toBe('mate $& \\1 mate\r\ncream');
  });

  it.each([
    ['one\ntwo', -1, 'one\ntwo\nnew'],
    ['one\ntwo', 0, 'new\none\ntwo'],
    ['one\ntwo', 2, 'one\ntwo\nnew'],
    ['one\ntwo', 3, null],
    ['', 0, 'new'],
    ['', -1, 'new'],
    ['', 1, null],
  ])('23. into %j a line is inserted at %d, or refused where there is no such place', async (value, line, after) => {
    const room = await open({ script: [] });
    const agent = await agentWith(room, value);
    const insert = ['memory_insert', { label, new_string: 'new', insert_line: line }] as const;
    const [result] = await carriedOut(room, agent, [insert]);
    expect([result?.failed, (await room.blocks(agent))[label]]).toEqual([after === null, after ?? value]);
  });

  it('24. a read-only block is read by its agent and changed by no tool of it', async () => {
    const room = await open({ script: [] });
    const agent = await agentWith(room, 'House rules.', { readOnly: true });
    const results = await carriedOut(room, agent, [
      ['memory_append', { label, text: 'x' }],
      ['memory_replace', { label, old_string: 'rules', new_string: 'x' }],
      ['memory_insert', { label, new_string: 'x', insert_line: 0 }],
      ['memory_rewrite', { label, text: 'x' }],
    ]);
    expect(results.every(({ failed, output }) => failed && output?.includes('read-only'))).toBe(true);
    expect((await room.blocks(agent))[label]).toBe('House rules.');
    expect(JSON.stringify(room.provider.requests[0]?.messages[0])).toContain('House rules.');
  });

  it('25. I-18: two agents that write to one block at once lose no line of each other', async () => {
    const room = await open({
      script: (request) =>
        request.messages.at(-1)?.role === 'user'
          ? call('memory_append', { label, text: lastUserText(request) })
          : 'Noted.',
    });
    const [ann, ben] = [await agentWith(room, 'We sail.'), await room.newAgent({ blocks: [] })];
    const sharing = createSharedBlockService({ store: room.store, clock });
    await sharing.attach(principal, ben.id, (await blockOf(room, ann)).id);
    const lines = Array.from({ length: 6 }, (_none, index) => `line ${index}`);
    const runs = await Promise.all(lines.map((line, index) => room.start(index % 2 === 0 ? ann : ben, line)));
    for (const run of runs) expect((await room.rest(run)).status).toBe('completed');
    expect((await room.blocks(ben))[label]?.split('\n').sort()).toEqual(['We sail.', ...lines].sort());
  });

  it('26. I-19: an undo brings back what stood before an edit, byte by byte, and a redo the edit', async () => {
    const room = await open({ script: [] });
    const agent = await agentWith(room, 'e\u0301 🎉\r\n');
    await carriedOut(room, agent, [['memory_append', { label, text: 'new' }]]);
    const { id } = await blockOf(room, agent);
    const history = createBlockHistoryService({ store: room.store, clock });
    expect((await history.undo(principal, id)).value).toBe('e\u0301 🎉\r\n');
    expect((await room.blocks(agent))[label]).toBe('e\u0301 🎉\r\n');
    await history.redo(principal, id);
    expect((await room.blocks(agent))[label]).toBe('e\u0301 🎉\r\n\nnew');
  });
});
