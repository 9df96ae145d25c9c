import { describe, expect, it } from 'vitest';
import { newId } from '../../../src/domain/ids.js';
import type { OpenStore } from '../contract.js';
import { makeBlock, makeMemory, makePassage, makeScene } from '../rows.js';

export function describeMemories(store: OpenStore): void {
  describe('memories', () => {
    it('are one for each agent and key', async () => {
      const { agent, memory } = await makeScene(store());
      const again = await store().memories.insert(makeMemory(agent.id));
      expect(again).toEqual(memory);
      const keyed = await store().memories.insert(makeMemory(agent.id, { key: 'anna' }));
      expect(keyed.id).not.toBe(memory.id);
      expect(await store().memories.findByKey(agent.id, 'anna')).toEqual(keyed);
      expect(await store().memories.findByKey(agent.id, 'Anna')).toBeNull();
    });

    it('come to one when many are made for a key at once', async () => {
      const { agent } = await makeScene(store());
      const made = await Promise.all(
        Array.from({ length: 10 }, () => store().memories.insert(makeMemory(agent.id, { key: 'rush' }))),
      );
      expect(new Set(made.map((memory) => memory.id)).size).toBe(1);
    });
  });

  describe('blocks', () => {
    it('keep the order they were made in and start with a first entry of history', async () => {
      const { memory } = await makeScene(store());
      const persona = makeBlock(memory.id, { label: 'persona', version: 7 });
      const human = makeBlock(memory.id);
      expect(await store().memories.insertBlock(persona, 'system', null)).toBe(true);
      expect(await store().memories.insertBlock(human, 'user', null)).toBe(true);
      expect(await store().memories.blocks(memory.id)).toEqual([{ ...persona, version: 1 }, human]);
      expect(await store().memories.block(memory.id, 'human')).toEqual(human);
      expect(await store().memories.blockHistory(persona.id, 5)).toEqual([
        { blockId: persona.id, version: 1, value: persona.value, actor: 'system', runId: null, createdAt: 1_000 },
      ]);
    });

    it('refuse a label that is taken', async () => {
      const { memory } = await makeScene(store());
      const human = makeBlock(memory.id);
      await store().memories.insertBlock(human, 'user', null);
      expect(await store().memories.insertBlock(makeBlock(memory.id, { value: 'x' }), 'user', null)).toBe(false);
      expect(await store().memories.blocks(memory.id)).toEqual([human]);
      const other = makeBlock(memory.id, { label: 'other' });
      await store().memories.insertBlock(other, 'user', null);
      const reshaping = store().memories.reshapeBlock({ ...other, label: 'human' });
      await expect(reshaping).rejects.toMatchObject({ code: 'conflict', param: 'label' });
    });

    it('are written only by who has seen their newest version', async () => {
      const { memory } = await makeScene(store());
      const block = makeBlock(memory.id);
      await store().memories.insertBlock(block, 'system', null);
      const runId = newId();
      const edit = { blockId: block.id, expectedVersion: 1, value: 'Likes coffee.', actor: 'agent', runId, at: 2_000 };
      const written = await store().memories.writeBlock({ ...edit, actor: 'agent' });
      expect(written).toEqual({ ...block, value: 'Likes coffee.', version: 2, updatedAt: 2_000 });
      expect(await store().memories.writeBlock({ ...edit, actor: 'agent', value: 'lost' })).toBeNull();
      expect(await store().memories.block(memory.id, 'human')).toEqual(written);
      expect(await store().memories.blockHistory(block.id, 5)).toEqual([
        { blockId: block.id, version: 2, value: 'Likes coffee.', actor: 'agent', runId, createdAt: 2_000 },
        { blockId: block.id, version: 1, value: 'Likes tea.', actor: 'system', runId: null, createdAt: 1_000 },
      ]);
      expect(await store().memories.blockHistory(block.id, 1)).toHaveLength(1);
    });

    it('lose no edit when many compare and write at once', async () => {
      const { memory } = await makeScene(store());
      const block = makeBlock(memory.id, { value: '' });
      await store().memories.insertBlock(block, 'system', null);
      const edit = async (): Promise<void> => {
        for (;;) {
          const seen = await store().memories.block(memory.id, 'human');
          const value = `${seen?.value ?? ''}x`;
          const expectedVersion = seen?.version ?? 0;
          const write = { blockId: block.id, expectedVersion, value, actor: 'agent' as const, runId: null, at: 3 };
          if ((await store().memories.writeBlock(write)) !== null) return;
        }
      };
      await Promise.all(Array.from({ length: 12 }, edit));
      expect(await store().memories.block(memory.id, 'human')).toMatchObject({ value: 'x'.repeat(12), version: 13 });
    });

    it('change their shape without an entry of history', async () => {
      const { memory } = await makeScene(store());
      const block = makeBlock(memory.id);
      await store().memories.insertBlock(block, 'system', null);
      const shape = { label: 'person', description: 'whom we serve', charsMax: 9, readOnly: true, updatedAt: 5 };
      await store().memories.reshapeBlock({ ...block, ...shape, value: 'not written', version: 9 });
      expect(await store().memories.block(memory.id, 'person')).toEqual({ ...block, ...shape });
      expect(await store().memories.blockHistory(block.id, 5)).toHaveLength(1);
    });

    it('take their history with them', async () => {
      const { memory } = await makeScene(store());
      const block = makeBlock(memory.id);
      await store().memories.insertBlock(block, 'system', null);
      expect(await store().memories.deleteBlock(block.id)).toBe(true);
      expect(await store().memories.deleteBlock(block.id)).toBe(false);
      expect(await store().memories.blockHistory(block.id, 5)).toEqual([]);
    });
  });

  describe('passages', () => {
    it('are stored once for a text and its tags, in whatever order these come', async () => {
      const { memory } = await makeScene(store());
      const passage = makePassage(memory.id, { tags: ['pets', 'home'] });
      expect(await store().memories.insertPassage(passage)).toEqual({ passage, existed: false });
      const same = makePassage(memory.id, { tags: ['home', 'pets'] });
      expect(await store().memories.insertPassage(same)).toEqual({ passage, existed: true });
      expect((await store().memories.insertPassage(makePassage(memory.id))).existed).toBe(false);
      const other = await makeScene(store());
      expect((await store().memories.insertPassage(makePassage(other.memory.id))).existed).toBe(false);
      expect(await store().memories.get(memory.id)).toMatchObject({ passageCount: 2 });
    });

    it('belong to their memory alone', async () => {
      const { memory } = await makeScene(store());
      const other = await makeScene(store());
      const passage = makePassage(memory.id);
      await store().memories.insertPassage(passage);
      expect(await store().memories.passage(memory.id, passage.id)).toEqual(passage);
      expect(await store().memories.passage(other.memory.id, passage.id)).toBeNull();
      expect(await store().memories.deletePassage(other.memory.id, passage.id)).toBe(false);
      expect(await store().memories.updatePassage({ ...passage, memoryId: other.memory.id })).toBe(false);
      expect(await store().memories.deletePassage(memory.id, passage.id)).toBe(true);
      expect(await store().memories.get(memory.id)).toMatchObject({ passageCount: 0 });
      expect(await store().memories.get(other.memory.id)).toMatchObject({ passageCount: 0 });
    });

    it('may be edited into the likeness of one another', async () => {
      const { memory } = await makeScene(store());
      const first = makePassage(memory.id);
      const second = makePassage(memory.id, { text: 'The dog runs.' });
      await store().memories.insertPassage(first);
      await store().memories.insertPassage(second);
      expect(await store().memories.updatePassage({ ...second, text: first.text })).toBe(true);
      expect(await store().memories.passage(memory.id, second.id)).toEqual({ ...second, text: first.text });
      expect((await store().memories.insertPassage(makePassage(memory.id))).passage.id).toBe(first.id);
    });

    it('are listed by the time they are dated', async () => {
      const { memory } = await makeScene(store());
      const late = makePassage(memory.id, { text: 'late', createdAt: 3_000 });
      const early = makePassage(memory.id, { text: 'early', createdAt: 2_000 });
      await store().memories.insertPassage(late);
      await store().memories.insertPassage(early);
      const page = await store().memories.passages(memory.id, { limit: 5, order: 'asc' });
      expect(page).toEqual({ items: [early, late], hasMore: false });
    });
  });
}
