import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { limits } from '../../../src/domain/limits.js';
import { charsOf } from '../../../src/domain/memory.js';
import { temporarySqlite } from '../../support/databases.js';
import { createScene, type Scene } from './fixtures.js';

let database: Awaited<ReturnType<typeof temporarySqlite>>;
let scene: Scene;

beforeAll(async () => {
  database = await temporarySqlite();
});
afterAll(() => database.close());
beforeEach(async () => {
  scene = await createScene(database.store);
});

async function history(label: string): Promise<string[]> {
  const block = await scene.block(label);
  const versions = await scene.store.memories.blockHistory(block?.id ?? '', 1_000);
  return versions.map(({ version, actor, runId, value }) => `${version} ${actor} ${runId ?? '-'} ${value}`);
}

describe('tools that edit a block', () => {
  it.each([
    ['core_memory_append', { name: 'human', content: 'two' }, 'one\ntwo'],
    ['core_memory_append', { label: 'human', content: 'two' }, 'one\ntwo'],
    ['core_memory_replace', { name: 'human', old_content: 'one', new_content: '' }, ''],
    ['core_memory_replace', { label: 'human', old_content: 'n', new_content: '$&' }, 'o$&e'],
    ['memory_append', { label: 'human', text: 'two' }, 'one\ntwo'],
    ['memory_append', { label: 'human', content: 2 }, 'one\n2'],
    ['memory_replace', { label: 'human', old_string: 'one', new_string: '1' }, '1'],
    ['memory_insert', { label: 'human', new_string: 'zero', insert_line: '0' }, 'zero\none'],
    ['memory_insert', { label: 'human', new_string: 'two' }, 'one\ntwo'],
    ['memory_rewrite', { label: 'human', text: 'new' }, 'new'],
    ['memory_rethink', { label: 'human', new_memory: 'new' }, 'new'],
    ['memory_apply_patch', { label: 'human', patch: '-one\n+1' }, '1'],
    ['memory', { command: 'str_replace', path: '/memories/human', old_string: 'one', new_string: '1' }, '1'],
    ['memory', { command: 'insert', path: 'human', insert_text: 'two', insert_line: 1 }, 'one\ntwo'],
  ])('%s with %j raises the version by one, keeps history and states one fact', async (name, input, value) => {
    await scene.addBlock('human', 'one');
    const result = await scene.call(name, { ...input, request_heartbeat: true });
    expect(result).toEqual({
      output: `ok, ${charsOf(value)} of 5,000 characters used`,
      failed: false,
      facts: [{ type: 'memory-edit', memoryId: scene.memory.id, label: 'human', version: 2 }],
    });
    expect(await scene.block('human')).toMatchObject({ value, version: 2 });
    expect(await history('human')).toEqual([`2 agent ${scene.context.run.id} ${value}`, '1 user - one']);
  });

  it.each([
    ['core_memory_append', { name: 'human', content: 'x'.repeat(5_000) }, 'at most 5,000 characters'],
    ['core_memory_replace', { name: 'human', old_content: '', new_content: 'x' }, '"old text" is empty'],
    ['core_memory_replace', { name: 'human', old_content: 'absent', new_content: 'x' }, 'is not in block "human"'],
    ['core_memory_append', { name: 'humn', content: 'x' }, 'The blocks of this memory are: human, rules.'],
    ['core_memory_append', { name: 'rules', content: 'x' }, 'is read-only'],
    ['memory_append', { label: 'human', text: ' ' }, 'argument "text": it is empty'],
    ['memory_replace', { label: 'human', old_string: 'tea', new_string: 'x' }, 'occurs 2 times'],
    ['memory_replace', { label: 'human', old_string: '1→ tea', new_string: 'x' }, 'line numbers'],
    ['memory_insert', { label: 'human', new_string: 'x', insert_line: 9 }, 'Valid are 0'],
    ['memory_insert', { label: 'human', new_string: 'x', insert_line: 1.5 }, 'argument "insert_line"'],
    ['memory_rewrite', { label: 'other', text: 'x' }, 'There is no block "other"'],
    ['memory_rewrite', { label: 'human' }, 'argument "text": it is missing'],
    ['memory_rewrite', { label: 'human', text: ['x'] }, 'argument "text": it must be a text'],
    ['memory_rethink', { label: 'rules', new_memory: 'x' }, 'is read-only'],
    ['memory_create', { label: 'human', description: 'x' }, 'There is a block "human" already'],
    ['memory_create', { label: 'a b', description: 'x' }, 'cannot be a label'],
    ['memory_create', { label: 'new' }, 'argument "description": it is missing'],
    [
      'memory',
      { command: 'str_replace', path: '/memories/human', old_string: 'x', new_string: 'y' },
      'is not in block',
    ],
    ['memory', { command: 'delete', path: '/memories/rules' }, 'is read-only'],
    ['memory', { command: 'rename', path: '/memories/human', new_path: '/memories/rules' }, 'a block "rules" already'],
    ['memory', { command: 'view', path: '/memories/human' }, 'argument "command"'],
    ['memory', { path: '/memories/human' }, 'argument "command"'],
  ])('I-17: %s with %j fails and changes nothing', async (name, input, reason) => {
    await scene.addBlock('human', 'tea\ntea');
    await scene.addBlock('rules', 'be kind', { readOnly: true });
    const result = await scene.call(name, input);
    expect(result).toMatchObject({ failed: true, facts: [] });
    expect(result.output).toContain(reason);
    const blocks = await scene.store.memories.blocks(scene.memory.id);
    expect(blocks.map(({ value, version }) => [value, version])).toEqual([
      ['tea\ntea', 1],
      ['be kind', 1],
    ]);
  });

  it.each(['letter', '🙂', 'e\u0301'])(
    'I-17: an edit over the limit changes nothing, counted in code points of %s',
    async (sign) => {
      const block = await scene.addBlock('human', '', { charsMax: 10 });
      const fitting = Array.from(sign.repeat(20)).slice(0, 10).join('');
      expect((await scene.call('memory_rewrite', { label: 'human', text: fitting })).output).toBe(
        'ok, 10 of 10 characters used',
      );
      const refused = await scene.call('memory_rewrite', { label: 'human', text: `${fitting}x` });
      expect(refused.output).toMatch(
        /at most 10 characters. It has 10 now; this edit would make it 11, which is 1 too/u,
      );
      expect(await scene.block('human')).toMatchObject({ id: block.id, value: fitting, version: 2 });
    },
  );

  it('writes no version where nothing changes', async () => {
    await scene.addBlock('human', 'same');
    const result = await scene.call('memory_rewrite', { label: 'human', text: 'same' });
    expect(result).toEqual({ output: 'ok, nothing to change, 4 of 5,000 characters used', failed: false, facts: [] });
    expect(await history('human')).toHaveLength(1);
  });

  it('neither stores nor counts null characters, and stores no halves of characters', async () => {
    await scene.addBlock('human', '', { charsMax: 4 });
    await scene.call('memory_append', { label: 'human', text: 'a\0b\ud83dc' });
    expect((await scene.block('human'))?.value).toBe('ab\ufffdc');
  });

  it('I-20: an edit is seen by the next one in the same transaction', async () => {
    await scene.addBlock('human', 'one');
    await scene.store.transaction(async (tx) => {
      await scene.callOver(tx, 'memory_append', { label: 'human', text: 'two' });
      await scene.callOver(tx, 'memory_replace', { label: 'human', old_string: 'two', new_string: 'three' });
    });
    expect(await scene.block('human')).toMatchObject({ value: 'one\nthree', version: 3 });
  });

  it('touches no memory but the open one', async () => {
    const other = await createScene(database.store);
    await other.addBlock('human', 'theirs');
    const result = await scene.call('memory_append', { label: 'human', text: 'mine' });
    expect(result.output).toContain('this memory has no blocks');
    expect((await other.block('human'))?.value).toBe('theirs');
  });
});

describe('tools that make and shape blocks', () => {
  it('memory_create makes a block at version 1 with the limit of its label', async () => {
    const result = await scene.call('memory_create', { label: 'garden', description: 'Plants.', text: 'Roses.' });
    expect(result.facts).toEqual([{ type: 'memory-edit', memoryId: scene.memory.id, label: 'garden', version: 1 }]);
    expect(result.output).toBe('ok, 6 of 10,000 characters used');
    expect(await scene.block('garden')).toMatchObject({ value: 'Roses.', description: 'Plants.', version: 1 });
    expect(await history('garden')).toEqual([`1 agent ${scene.context.run.id} Roses.`]);
    await scene.call('memory_create', { label: 'human', description: 'The user.' });
    expect((await scene.block('human'))?.charsMax).toBe(limits.blockCharsDefault);
  });

  it('memory_rethink makes the block where there is none', async () => {
    expect(await scene.call('memory_rethink', { label: 'plan', new_memory: 'rest' })).toMatchObject({ failed: false });
    expect(await scene.block('plan')).toMatchObject({ value: 'rest', version: 1 });
  });

  it('memory makes, renames, describes and removes a block', async () => {
    await scene.call('memory', { command: 'create', path: '/memories/todo', file_text: 'milk' });
    await scene.call('memory', { command: 'rename', old_path: '/memories/todo', new_path: '/memories/shopping' });
    await scene.call('memory', { command: 'rename', path: '/memories/shopping', description: 'What to buy.' });
    expect(await scene.block('todo')).toBeNull();
    expect(await scene.block('shopping')).toMatchObject({ value: 'milk', description: 'What to buy.' });
    const removed = await scene.call('memory', { command: 'delete', path: '/memories/shopping' });
    expect(removed).toMatchObject({ failed: false, facts: [{ type: 'memory-edit', label: 'shopping' }] });
    expect(await scene.block('shopping')).toBeNull();
  });

  it('refuses one block more than a memory may have', async () => {
    for (let index = 0; index < limits.blocksPerMemory; index += 1) await scene.addBlock(`b${index}`, '');
    const result = await scene.call('memory_create', { label: 'more', description: 'x' });
    expect(result).toMatchObject({ failed: true, output: expect.stringContaining('at most 50 blocks') as string });
  });
});

describe('concurrent edits', () => {
  it('I-18: two writers lose nothing, and versions rise by one', async () => {
    await scene.addBlock('human', 'start');
    const texts = Array.from({ length: 20 }, (_, index) => `line ${index}`);
    const results = await Promise.all(texts.map((text) => scene.call('memory_append', { label: 'human', text })));
    expect(results.filter(({ failed }) => failed)).toEqual([]);
    const lines = (await scene.block('human'))?.value.split('\n') ?? [];
    expect(lines).toHaveLength(21);
    expect(new Set(lines)).toEqual(new Set(['start', ...texts]));
    const versions = results.flatMap(({ facts }) =>
      facts.map((fact) => (fact.type === 'memory-edit' ? fact.version : 0)),
    );
    expect(versions.sort((left, right) => left - right)).toEqual(texts.map((_, index) => index + 2));
  });

  it('I-18: an edit is applied again to a value that another wrote in between', async () => {
    await scene.addBlock('human', 'one');
    const result = await overtaken(1, 'memory_append', { label: 'human', text: 'mine' });
    expect(result).toMatchObject({ failed: false, facts: [{ version: 3 }] });
    expect(await scene.block('human')).toMatchObject({ value: 'one\nother 1\nmine', version: 3 });
  });

  it('I-18: an edit that no longer fits the newer value is refused', async () => {
    await scene.addBlock('human', 'one', { charsMax: 15 });
    const result = await overtaken(1, 'memory_append', { label: 'human', text: 'mine' });
    expect(result).toMatchObject({ failed: true, facts: [] });
    expect(result.output).toContain('It has 11 now; this edit would make it 16');
    expect(await scene.block('human')).toMatchObject({ value: 'one\nother 1', version: 2 });
  });

  it('I-18: an edit that is overtaken every time gives up and shows the value', async () => {
    await scene.addBlock('human', 'one');
    const result = await overtaken(100, 'memory_append', { label: 'human', text: 'mine' });
    expect(result).toMatchObject({ failed: true, facts: [] });
    expect(result.output).toMatch(/kept changing.*It now begins: "one\nother 1/su);
    expect((await scene.block('human'))?.value).not.toContain('mine');
  });

  /** Calls a tool whose first writes are each overtaken by another writer's append to the same block. */
  function overtaken(times: number, name: string, input: Record<string, unknown>) {
    let left = times;
    return scene.store.transaction((tx) =>
      scene.callOver(
        {
          ...tx,
          memories: {
            ...tx.memories,
            async writeBlock(edit) {
              const block = await tx.memories.block(scene.memory.id, 'human');
              if (left > 0 && block !== null) {
                left -= 1;
                await tx.memories.writeBlock({
                  ...edit,
                  expectedVersion: block.version,
                  value: `${block.value}\nother ${block.version}`,
                  actor: 'user',
                });
              }
              return tx.memories.writeBlock(edit);
            },
          },
        },
        name,
        input,
      ),
    );
  }
});

describe('any sequence of edits', () => {
  it('leaves a version for each that succeeded, and the value of the last', async () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 });
    const step = fc.oneof(
      text.map((content) => ['core_memory_append', { name: 'human', content }] as const),
      fc
        .tuple(text, text)
        .map(([from, to]) => ['core_memory_replace', { name: 'human', old_content: from, new_content: to }] as const),
      fc
        .integer({ min: -1, max: 4 })
        .map((line) => ['memory_insert', { label: 'human', new_string: 'x', insert_line: line }] as const),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
        scene = await createScene(database.store);
        await scene.addBlock('human', '', { charsMax: 30 });
        let version = 1;
        for (const [name, input] of steps) {
          const before = await scene.block('human');
          const result = await scene.call(name, input);
          const after = await scene.block('human');
          if (result.facts.length === 0) expect(after).toEqual(before);
          else expect(after?.version).toBe((version += 1));
          expect(charsOf(after?.value ?? '')).toBeLessThanOrEqual(30);
        }
        expect(await history('human')).toHaveLength(version);
      }),
      { numRuns: 25 },
    );
  });
});
