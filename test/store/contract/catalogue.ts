import { describe, expect, it } from 'vitest';
import { newId } from '../../../src/domain/ids.js';
import type { OpenStore } from '../contract.js';
import { makeBlock, makePreset, makeScene, makeTemplate, makeTool, makeUser } from '../rows.js';

export function describeCatalogue(store: OpenStore): void {
  const twoUsers = async (): Promise<[string, string]> => {
    const users = [makeUser(), makeUser()] as const;
    for (const user of users) await store().users.insert(user);
    return [users[0].id, users[1].id];
  };

  describe('templates', () => {
    it('come back as they were stored, to their owner alone', async () => {
      const [mine, theirs] = await twoUsers();
      const template = makeTemplate(mine, { description: 'who', offered: false });
      expect(await store().templates.insert(template)).toBe(true);
      expect(await store().templates.get(mine, template.id)).toEqual(template);
      expect(await store().templates.findByName(mine, 'human', template.name ?? '')).toEqual(template);
      expect(await store().templates.get(theirs, template.id)).toBeNull();
      expect(await store().templates.findByName(theirs, 'human', template.name ?? '')).toBeNull();
      expect(await store().templates.delete(theirs, template.id)).toBe(false);
      await store().templates.update({ ...template, ownerId: theirs, value: 'stolen' });
      expect(await store().templates.get(mine, template.id)).toEqual(template);
      expect(await store().templates.delete(mine, template.id)).toBe(true);
      expect(await store().templates.get(mine, template.id)).toBeNull();
    });

    it('have one name each for a label, and none where they want none', async () => {
      const [mine, theirs] = await twoUsers();
      const first = makeTemplate(mine, { name: 'ines' });
      expect(await store().templates.insert(first)).toBe(true);
      expect(await store().templates.insert(makeTemplate(mine, { name: 'ines' }))).toBe(false);
      expect(await store().templates.insert(makeTemplate(mine, { name: 'ines', label: 'persona' }))).toBe(true);
      expect(await store().templates.insert(makeTemplate(theirs, { name: 'ines' }))).toBe(true);
      expect(await store().templates.insert(makeTemplate(mine, { name: null }))).toBe(true);
      expect(await store().templates.insert(makeTemplate(mine, { name: null }))).toBe(true);
      const second = makeTemplate(mine, { name: 'jo' });
      await store().templates.insert(second);
      expect(await store().templates.update({ ...second, name: 'ines' })).toBe(false);
      expect(await store().templates.update({ ...second, value: 'new', updatedAt: 7 })).toBe(true);
      expect(await store().templates.get(mine, second.id)).toEqual({ ...second, value: 'new', updatedAt: 7 });
    });

    it('are listed by label, and go with their owner', async () => {
      const [mine] = await twoUsers();
      const human = makeTemplate(mine);
      const persona = makeTemplate(mine, { label: 'persona', createdAt: 2_000 });
      await store().templates.insert(human);
      await store().templates.insert(persona);
      const all = await store().templates.page(mine, { limit: 9, order: 'asc' });
      expect(all.items).toEqual([human, persona]);
      expect((await store().templates.page(mine, { limit: 9, order: 'asc', label: 'persona' })).items).toEqual([
        persona,
      ]);
      await store().users.delete(mine);
      expect((await store().templates.page(mine, { limit: 9, order: 'asc' })).items).toEqual([]);
    });
  });

  describe('presets', () => {
    it('come back as they were stored, to their owner alone, with one name each', async () => {
      const [mine, theirs] = await twoUsers();
      const preset = makePreset(mine, { name: 'harbour' });
      expect(await store().presets.insert(preset)).toBe(true);
      expect(await store().presets.insert(makePreset(mine, { name: 'harbour' }))).toBe(false);
      expect(await store().presets.insert(makePreset(theirs, { name: 'harbour' }))).toBe(true);
      expect(await store().presets.findByName(mine, 'harbour')).toEqual(preset);
      expect((await store().presets.page(mine, { limit: 5, order: 'asc' })).items).toEqual([preset]);
      expect(await store().presets.delete(theirs, preset.id)).toBe(false);
      expect(await store().presets.delete(mine, preset.id)).toBe(true);
      expect(await store().presets.findByName(mine, 'harbour')).toBeNull();
    });
  });

  describe('tools', () => {
    it('belong to a user or to the house, and neither shows those of the other', async () => {
      const [mine, theirs] = await twoUsers();
      const name = newId();
      const own = makeTool(mine, { name });
      const house = makeTool(null, { name, description: null });
      expect(await store().tools.insert(own)).toBe(true);
      expect(await store().tools.insert(house)).toBe(true);
      expect(await store().tools.insert(makeTool(mine, { name }))).toBe(false);
      expect(await store().tools.insert(makeTool(null, { name }))).toBe(false);
      expect(await store().tools.findByName(mine, name)).toEqual(own);
      expect(await store().tools.findByName(null, name)).toEqual(house);
      expect(await store().tools.findByName(theirs, name)).toBeNull();
      expect(await store().tools.get(mine, own.id)).toEqual(own);
      expect(await store().tools.get(theirs, own.id)).toBeNull();
      expect(await store().tools.get(mine, house.id)).toBeNull();
      expect((await store().tools.page(mine, { limit: 5, order: 'asc' })).items).toEqual([own]);
      expect(await store().tools.delete(mine, house.id)).toBe(false);
      expect(await store().tools.delete(null, house.id)).toBe(true);
      expect(await store().tools.get(mine, own.id)).toEqual(own);
    });

    it('change for their owner alone, and never into a name that is taken', async () => {
      const [mine, theirs] = await twoUsers();
      const tool = makeTool(mine);
      const other = makeTool(mine);
      await store().tools.insert(tool);
      await store().tools.insert(other);
      const changed = { ...tool, sourceCode: 'def roll(): return 6', tags: [], updatedAt: 9 };
      expect(await store().tools.update(changed)).toBe(true);
      expect(await store().tools.get(mine, tool.id)).toEqual(changed);
      await store().tools.update({ ...changed, ownerId: theirs, sourceCode: 'stolen' });
      expect(await store().tools.get(mine, tool.id)).toEqual(changed);
      expect(await store().tools.update({ ...changed, name: other.name })).toBe(false);
    });
  });

  describe('organisations', () => {
    it('come back as they were stored, and leave their users behind', async () => {
      const organisation = { id: newId(), name: 'Harbour', createdAt: 3_000 };
      expect(await store().organisations.insert(organisation)).toBe(true);
      expect(await store().organisations.insert({ ...organisation, name: 'Twin' })).toBe(false);
      expect(await store().organisations.get(organisation.id)).toEqual(organisation);
      const member = makeUser({ organisationId: organisation.id });
      await store().users.insert(member);
      expect(await store().users.get(member.id)).toEqual(member);
      const page = await store().organisations.page({ limit: 50, order: 'desc' });
      expect(page.items).toContainEqual(organisation);
      expect(await store().organisations.delete(organisation.id)).toBe(true);
      expect(await store().organisations.delete(organisation.id)).toBe(false);
      expect(await store().users.get(member.id)).toEqual({ ...member, organisationId: null });
    });
  });

  describe('the blocks of an owner', () => {
    it('are found through their agents, by label or by id, by nobody else', async () => {
      const { user, memory } = await makeScene(store());
      const [stranger] = await twoUsers();
      const human = makeBlock(memory.id, { label: 'human' });
      const goals = makeBlock(memory.id, { label: 'goals', createdAt: 2_000 });
      for (const block of [human, goals]) await store().memories.insertBlock(block, 'user', null);
      const list = (owner: string, label: string | null) => store().memories.ownedBlocks(owner, { label, limit: 9 });
      const labels = (await list(user.id, null)).map((block) => block.label);
      expect(labels.filter((label) => label === 'goals')).toEqual(['goals']);
      expect(labels[0]).toBe('goals');
      expect(await list(user.id, 'goals')).toEqual([goals]);
      expect(await list(stranger, null)).toEqual([]);
      expect(await store().memories.ownedBlock(user.id, goals.id)).toEqual(goals);
      expect(await store().memories.ownedBlock(stranger, goals.id)).toBeNull();
    });
  });

  describe('a key', () => {
    it('is found by its id', async () => {
      const [mine] = await twoUsers();
      const key = { id: newId(), userId: mine, hash: newId(), hint: 'sk-…', name: null, createdAt: 1 };
      await store().users.insertKey(key);
      expect(await store().users.findKeyById(key.id)).toEqual(key);
      expect(await store().users.findKeyById(newId())).toBeNull();
    });

    it('is found by what lists show of it, as long as no other looks the same', async () => {
      const [mine] = await twoUsers();
      const hint = `sk-${newId()}…`;
      const [first, second] = [1, 2].map((at) => ({
        id: newId(),
        userId: mine,
        hash: newId(),
        hint,
        name: null,
        createdAt: at,
      }));
      if (first === undefined || second === undefined) throw new Error('no keys');
      await store().users.insertKey(first);
      expect(await store().users.keysByHint(hint)).toEqual([first]);
      await store().users.insertKey(second);
      expect(await store().users.keysByHint(hint)).toHaveLength(2);
      expect(await store().users.keysByHint('sk-…')).not.toContainEqual(first);
    });
  });
}
