import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Block } from '../../src/domain/memory.js';
import type { Principal } from '../../src/domain/user.js';
import { createBlockHistoryService, type BlockHistoryService } from '../../src/services/block-history.js';
import { rewriteBlock } from '../../src/services/memories.js';
import { makeBlock, makeScene, type Scene } from '../store/rows.js';
import { temporarySqlite, type TemporaryDatabase } from '../support/databases.js';

let database: TemporaryDatabase;
let scene: Scene;
let owner: Principal;
let verbs: BlockHistoryService;

beforeAll(async () => {
  database = await temporarySqlite();
  scene = await makeScene(database.store);
  owner = { userId: scene.user.id, role: 'user' };
  verbs = createBlockHistoryService({ store: database.store, clock: { now: () => 5_000 } });
});
afterAll(() => database.close());

let blocks = 0;
async function newBlock(more: Partial<Block> = {}): Promise<Block> {
  const block = makeBlock(scene.memory.id, { label: `block-${(blocks += 1)}`, value: 'first', ...more });
  await database.store.memories.deleteBlock((await database.store.memories.blocks(scene.memory.id))[0]?.id ?? '');
  await database.store.memories.insertBlock(block, 'system', null);
  return block;
}

/** Writes a value as the block's owner does. */
async function write({ id }: Block, value: string): Promise<void> {
  await database.store.transaction(async (tx) => {
    const block = await tx.memories.ownedBlock(owner.userId, id);
    if (block === null) throw new Error('no block');
    await rewriteBlock(tx, [block], block.label, value, 4_000);
  });
}

const valueOf = async ({ id }: Block): Promise<string | undefined> =>
  (await database.store.memories.ownedBlock(owner.userId, id))?.value;

describe('the history of a block', () => {
  it('I-19: after any edits, n undos bring back the value of n edits ago, and n redos the newest, byte by byte', async () => {
    const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 30 }), fc.constantFrom('a\r\nb', '', '👩‍👩‍👧', 'e\u0301'));
    const clean = text.map((value) => value.replaceAll('\0', '').replace(/\p{Surrogate}/gu, ''));
    await fc.assert(
      fc.asyncProperty(fc.array(clean, { minLength: 1, maxLength: 6 }), fc.nat(), async (values, seed) => {
        const block = await newBlock();
        const stood = ['first'];
        for (const value of values) {
          await write(block, value);
          // A write that changes nothing is no edit.
          if (value !== stood.at(-1)) stood.push(value);
        }
        const back = seed % stood.length;
        for (let step = 0; step < back; step += 1) await verbs.undo(owner, block.id);
        expect(await valueOf(block)).toBe(stood[stood.length - 1 - back]);
        for (let step = 0; step < back; step += 1) await verbs.redo(owner, block.id);
        expect(await valueOf(block)).toBe(stood.at(-1));
      }),
      { numRuns: 30 },
    );
  });

  it('I-19: follows the edits that are in force, whatever was undone, redone and edited between', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom('edit', 'undo', 'redo'), { maxLength: 14 }), async (commands) => {
        const block = await newBlock();
        const before: string[] = [];
        const after: string[] = [];
        let now = 'first';
        for (const [index, command] of commands.entries()) {
          if (command === 'edit') {
            before.push(now);
            after.length = 0;
            now = `edit ${index}`;
            await write(block, now);
            continue;
          }
          const [from, to] = command === 'undo' ? [before, after] : [after, before];
          const next = from.pop();
          if (next === undefined) {
            await expect(verbs[command](owner, block.id)).rejects.toMatchObject({ code: 'conflict' });
            continue;
          }
          to.push(now);
          now = next;
          expect((await verbs[command](owner, block.id)).value).toBe(now);
        }
        expect(await valueOf(block)).toBe(now);
      }),
      {
        numRuns: 30,
        examples: [
          [['edit', 'edit', 'undo', 'edit', 'undo', 'undo', 'redo', 'redo', 'redo']],
          [['edit', 'edit', 'undo', 'undo', 'redo', 'edit', 'undo', 'redo', 'undo', 'undo', 'undo']],
        ],
      },
    );
  });

  it('I-19: tells who made each entry and which one it restores, the newest first', async () => {
    const block = await newBlock();
    await write(block, 'second');
    await verbs.undo(owner, block.id);
    const history = await verbs.history(owner, block.id, 10);
    expect(history.map(({ version, value, actor, restores }) => [version, value, actor, restores])).toEqual([
      [3, 'first', 'user', 1],
      [2, 'second', 'user', null],
      [1, 'first', 'system', null],
    ]);
    expect(await verbs.history(owner, block.id, 1)).toHaveLength(1);
  });

  it('brings back nothing that the block no longer has room for', async () => {
    const block = await newBlock({ value: 'a long first text' });
    await write(block, 'short');
    const now = await database.store.memories.ownedBlock(owner.userId, block.id);
    await database.store.memories.reshapeBlock({ ...(now ?? block), charsMax: 10 });
    await expect(verbs.undo(owner, block.id)).rejects.toMatchObject({ code: 'invalid_request' });
    expect(await valueOf(block)).toBe('short');
  });

  it('is its owner’s alone', async () => {
    const block = await newBlock();
    const stranger: Principal = { userId: (await makeScene(database.store)).user.id, role: 'user' };
    for (const work of [
      () => verbs.history(stranger, block.id, 1),
      () => verbs.undo(stranger, block.id),
      () => verbs.redo(stranger, block.id),
    ]) {
      await expect(work()).rejects.toMatchObject({ code: 'not_found' });
    }
  });
});
