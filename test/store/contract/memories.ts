import { describe, expect, it } from 'vitest';
import { newId } from '../../../src/domain/ids.js';
import type { OpenStore } from '../contract.js';
import { makeAgent, makeBlock, makeMemory, makePassage, makeScene } from '../rows.js';

/** A first entry of history, without what it is of. */
const entry = { actor: 'system', runId: null, stepId: null, parent: null, restores: null, createdAt: 1_000 } as const;

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
        { ...entry, blockId: persona.id, version: 1, value: persona.value },
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
      const stepId = newId();
      const edit = { blockId: block.id, expectedVersion: 1, value: 'Likes coffee.', runId, stepId, at: 2_000 };
      const written = await store().memories.writeBlock({ ...edit, actor: 'agent' });
      expect(written).toEqual({ ...block, value: 'Likes coffee.', version: 2, updatedAt: 2_000 });
      expect(await store().memories.writeBlock({ ...edit, actor: 'agent', value: 'lost' })).toBeNull();
      expect(await store().memories.block(memory.id, 'human')).toEqual(written);
      expect(await store().memories.blockHistory(block.id, 5)).toEqual([
        {
          ...entry,
          ...{ blockId: block.id, version: 2, value: 'Likes coffee.', actor: 'agent' },
          ...{ runId, stepId, parent: 1, createdAt: 2_000 },
        },
        { ...entry, blockId: block.id, version: 1, value: 'Likes tea.' },
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

  describe('the history of a block', () => {
    it('tells upon what an edit was made, also after a value was brought back', async () => {
      const { memory } = await makeScene(store());
      const block = makeBlock(memory.id);
      await store().memories.insertBlock(block, 'system', null);
      const write = { blockId: block.id, actor: 'user' as const, runId: null, at: 2_000 };
      await store().memories.writeBlock({ ...write, expectedVersion: 1, value: 'two' });
      await store().memories.writeBlock({ ...write, expectedVersion: 2, value: 'Likes tea.', restores: 1 });
      await store().memories.writeBlock({ ...write, expectedVersion: 3, value: 'four' });
      const history = await store().memories.blockHistory(block.id, 9);
      expect(history.map(({ version, parent, restores }) => [version, parent, restores])).toEqual([
        [4, 1, null],
        [3, null, 1],
        [2, 1, null],
        [1, null, null],
      ]);
      expect((await store().memories.blockEditUpon(block.id, 1))?.version).toBe(4);
      expect(await store().memories.blockEditUpon(block.id, 4)).toBeNull();
      expect((await store().memories.blockVersion(block.id, 2))?.value).toBe('two');
      expect(await store().memories.blockVersion(newId(), 2)).toBeNull();
    });
  });

  describe('a block in several memories', () => {
    it('is one, read through each of them, and changed only where it may be', async () => {
      const { user, agent, memory } = await makeScene(store());
      const other = makeAgent(user.id);
      await store().agents.insert(other);
      const there = await store().memories.insert(makeMemory(other.id));
      const keyed = await store().memories.insert(makeMemory(other.id, { key: 'anna' }));
      const block = makeBlock(memory.id);
      await store().memories.insertBlock(block, 'system', null);
      expect(await store().memories.sharedBlockIds(memory.id)).toEqual([]);
      const place = { blockId: block.id, memoryId: there.id, readOnly: false, at: 2_000 };
      expect(await store().memories.attachBlock(place)).toBe(true);
      expect(await store().memories.attachBlock(place)).toBe(false);
      await store().memories.spreadBlock(block.id, other.id, 2_000);
      expect(await store().memories.block(there.id, 'human')).toEqual({ ...block, memoryId: there.id });
      expect(await store().memories.block(keyed.id, 'human')).toEqual({
        ...block,
        memoryId: keyed.id,
        readOnly: true,
      });
      expect(await store().memories.ownedBlock(user.id, block.id)).toEqual(block);
      expect(await store().memories.ownedBlocks(user.id, { label: null, limit: 9 })).toEqual([block]);
      expect(await store().memories.agentsWithBlock(block.id)).toEqual([agent.id, other.id].sort());
      expect(await store().memories.sharedBlockIds(memory.id)).toEqual([block.id]);
      const write = {
        blockId: block.id,
        expectedVersion: 1,
        value: 'new',
        actor: 'agent',
        runId: null,
        at: 3,
      } as const;
      await store().memories.writeBlock(write);
      for (const id of [memory.id, there.id, keyed.id]) {
        expect((await store().memories.blocks(id)).map(({ value }) => value)).toEqual(['new']);
      }
    });

    it('keeps its label to itself in all of them', async () => {
      const { user, memory } = await makeScene(store());
      const other = makeAgent(user.id);
      await store().agents.insert(other);
      const there = await store().memories.insert(makeMemory(other.id));
      const block = makeBlock(memory.id, { label: 'team' });
      const human = makeBlock(there.id);
      await store().memories.insertBlock(block, 'system', null);
      await store().memories.insertBlock(human, 'system', null);
      expect(
        await store().memories.attachBlock({ blockId: block.id, memoryId: there.id, readOnly: false, at: 2 }),
      ).toBe(true);
      const reshaping = store().memories.reshapeBlock({ ...block, label: 'human' });
      await expect(reshaping).rejects.toMatchObject({ code: 'conflict', param: 'label' });
      await store().memories.reshapeBlock({ ...block, label: 'crew' });
      expect((await store().memories.block(there.id, 'crew'))?.id).toBe(block.id);
      const taken = makeBlock(memory.id, { label: 'human' });
      await store().memories.insertBlock(taken, 'system', null);
      const place = { blockId: taken.id, memoryId: there.id, readOnly: false, at: 2 };
      expect(await store().memories.attachBlock(place)).toBe(false);
      expect((await store().memories.block(there.id, 'human'))?.id).toBe(human.id);
    });

    it('never comes to a memory of another owner', async () => {
      const { memory } = await makeScene(store());
      const stranger = await makeScene(store());
      const block = makeBlock(memory.id);
      await store().memories.insertBlock(block, 'system', null);
      const place = { blockId: block.id, memoryId: stranger.memory.id, readOnly: false, at: 2 };
      expect(await store().memories.attachBlock(place)).toBe(false);
      await store().memories.spreadBlock(block.id, stranger.agent.id, 2);
      expect(await store().memories.blocks(stranger.memory.id)).toEqual([]);
      expect(await store().memories.ownedBlock(stranger.user.id, block.id)).toBeNull();
    });

    it('stays while one memory has it, and goes with the last', async () => {
      const { user, agent, memory } = await makeScene(store());
      const other = makeAgent(user.id);
      await store().agents.insert(other);
      const there = await store().memories.insert(makeMemory(other.id));
      const [shared, own] = [makeBlock(memory.id), makeBlock(memory.id, { label: 'own' })];
      await store().memories.insertBlock(shared, 'system', null);
      await store().memories.insertBlock(own, 'system', null);
      await store().memories.attachBlock({ blockId: shared.id, memoryId: there.id, readOnly: false, at: 2 });
      expect(await store().memories.detachBlock(shared.id, { agentId: agent.id })).toBe(1);
      await store().memories.attachBlock({ blockId: shared.id, memoryId: memory.id, readOnly: false, at: 2 });
      await store().agents.delete(user.id, agent.id);
      expect((await store().memories.blocks(there.id)).map(({ id }) => id)).toEqual([shared.id]);
      expect(await store().memories.blockHistory(own.id, 1)).toEqual([]);
      await store().agents.delete(user.id, other.id);
      expect(await store().memories.ownedBlock(user.id, shared.id)).toBeNull();
      expect(await store().memories.blockHistory(shared.id, 1)).toEqual([]);
    });
  });

  describe('passages', () => {
    it('are stored once for a text and its tags, in whatever order these come', async () => {
      const { memory } = await makeScene(store());
      const passage = makePassage(memory.id, { tags: ['pets', 'home'] });
      expect(await store().memories.insertPassage(passage)).toEqual({ passage, existed: false });
      const same = makePassage(memory.id, { tags: ['home', 'pets'] });
      expect(await store().memories.insertPassage(same)).toEqual({ passage, existed: true });
      const spaced = makePassage(memory.id, { text: ' The  cat\nsleeps. ', tags: ['home', 'pets'] });
      expect(await store().memories.insertPassage(spaced)).toEqual({ passage, existed: true });
      expect((await store().memories.insertPassage(makePassage(memory.id))).existed).toBe(false);
      const other = await makeScene(store());
      expect((await store().memories.insertPassage(makePassage(other.memory.id))).existed).toBe(false);
      expect(await store().memories.get(memory.id)).toMatchObject({ passageCount: 2 });
    });

    it('are compared by the vectors of one model and size', async () => {
      const { memory } = await makeScene(store());
      const [near, far, bare] = ['near', 'far', 'bare'].map((text) => makePassage(memory.id, { text }));
      if (near === undefined || far === undefined || bare === undefined) throw new Error('no passages');
      for (const passage of [near, far, bare]) await store().memories.insertPassage(passage);
      await store().search.putVectors('m', [
        { kind: 'passage', id: near.id, vector: Float32Array.of(2, 0) },
        { kind: 'passage', id: far.id, vector: Float32Array.of(0, 3) },
      ]);
      const ids = [near.id, far.id, bare.id];
      const vector = Float32Array.of(5, 0);
      const cosines = await store().memories.cosines(ids, { model: 'm', vector });
      expect([...cosines].sort()).toEqual([[near.id, 1] as const, [far.id, 0] as const].sort());
      expect(await store().memories.cosines(ids, { model: 'other', vector })).toEqual(new Map());
      expect(await store().memories.cosines(ids, { model: 'm', vector: Float32Array.of(1) })).toEqual(new Map());
      expect(await store().memories.cosines([], { model: 'm', vector })).toEqual(new Map());
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
