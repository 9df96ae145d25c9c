import { afterEach, describe, expect, it } from 'vitest';
import type { Agent } from '../../src/domain/agent.js';
import { newId } from '../../src/domain/ids.js';
import { createBlockService, type BlockService } from '../../src/services/blocks.js';
import { createSharedBlockService, type SharedBlockService } from '../../src/services/shared-blocks.js';
import { createTemplateService } from '../../src/services/templates.js';
import { openRoom, principal, type EngineRoom, type RoomOptions } from '../support/engine-room.js';
import { call, lastUserText } from '../support/requests.js';

let room: EngineRoom;
let sharing: SharedBlockService;
let texts: BlockService;
async function open(options: RoomOptions): Promise<void> {
  room = await openRoom(options);
  const parts = { store: room.store, clock: { now: () => Date.now() } };
  sharing = createSharedBlockService(parts);
  texts = createBlockService({ ...parts, templates: createTemplateService(parts) });
}
afterEach(() => room.close());

const team = { label: 'team', value: 'We sail.' };

/** Two agents with one block between them. */
async function twoAgents(): Promise<{ ann: Agent; ben: Agent; blockId: string }> {
  const ann = await room.newAgent({ blocks: [{ label: 'human', value: '' }, team] });
  const ben = await room.newAgent({ blocks: [{ label: 'human', value: '' }] });
  const memory = await room.store.memories.findByKey(ann.id, 'default');
  const block = await room.store.memories.block(memory?.id ?? '', 'team');
  const blockId = block?.id ?? '';
  await sharing.attach(principal, ben.id, blockId);
  return { ann, ben, blockId };
}

describe('a block that agents share', () => {
  it('I-20: is seen by the other agent at its next model call', async () => {
    await open({
      script: (request) =>
        lastUserText(request).includes('note') && request.messages.at(-1)?.role === 'user'
          ? call('memory_append', { label: 'team', text: 'The boat is called Heron.' })
          : 'fine',
    });
    const { ann, ben } = await twoAgents();
    await room.say(ann, 'note the name');
    await room.say(ben, 'hello');
    const system = room.provider.requests.at(-1)?.messages[0];
    expect(JSON.stringify(system)).toContain('The boat is called Heron.');
    expect((await room.blocks(ben))['team']).toBe('We sail.\nThe boat is called Heron.');
  });

  it('I-18: loses no edit of two agents that write at once', async () => {
    await open({
      script: (request) => {
        const text = lastUserText(request);
        return request.messages.at(-1)?.role === 'user' ? call('memory_append', { label: 'team', text }) : 'done';
      },
    });
    const { ann, ben, blockId } = await twoAgents();
    const lines = Array.from({ length: 8 }, (_, index) => `line ${index}`);
    const runs = await Promise.all(lines.map((line, index) => room.start(index % 2 === 0 ? ann : ben, line)));
    for (const run of runs) expect((await room.rest(run)).status).toBe('completed');
    const value = (await room.blocks(ann))['team'] ?? '';
    expect(value.split('\n').sort()).toEqual(['We sail.', ...lines].sort());
    const history = await room.store.memories.blockHistory(blockId, 20);
    expect(history).toHaveLength(9);
    const steps = await Promise.all(runs.map((run) => room.store.runs.steps(run.id)));
    const known = new Set(steps.flat().map((step) => `${step.runId} ${step.id}`));
    const written = history.filter((entry) => entry.actor === 'agent');
    expect(written.every((entry) => known.has(`${entry.runId} ${entry.stepId}`))).toBe(true);
  });

  it('goes to nobody else, and never twice or beside one of its label', async () => {
    await open({ script: [] });
    const { ann, ben, blockId } = await twoAgents();
    const stranger = { userId: newId(), role: 'user' } as const;
    await expect(sharing.attach(stranger, ben.id, blockId)).rejects.toMatchObject({ code: 'not_found' });
    await expect(sharing.holders(stranger, blockId)).rejects.toMatchObject({ code: 'not_found' });
    await expect(sharing.attach(principal, ben.id, newId())).rejects.toMatchObject({ code: 'not_found' });
    await sharing.attach(principal, ben.id, blockId);
    expect(await sharing.holders(principal, blockId)).toEqual([ann.id, ben.id].sort());
    const other = await room.newAgent({ blocks: [{ label: 'team', value: 'mine' }] });
    await expect(sharing.attach(principal, other.id, blockId)).rejects.toMatchObject({ code: 'conflict' });
    expect((await room.blocks(other))['team']).toBe('mine');
  });

  it('stays with one agent when the other loses it, deletes it or is deleted', async () => {
    await open({
      tools: [],
      script: (request) =>
        request.messages.at(-1)?.role === 'user' ? call('memory', { command: 'delete', path: 'team' }) : 'done',
    });
    const { ann, ben, blockId } = await twoAgents();
    await sharing.detach(principal, ben.id, blockId);
    expect(await room.blocks(ben)).toEqual({ human: '' });
    const forgetful = await room.newAgent({ tools: ['memory'], blocks: [] });
    await sharing.attach(principal, forgetful.id, blockId);
    await room.say(forgetful, 'forget the team');
    expect(await room.blocks(forgetful)).toEqual({});
    expect(await sharing.holders(principal, blockId)).toEqual([ann.id]);
    await sharing.attach(principal, ben.id, blockId);
    await room.store.agents.delete(principal.userId, ann.id);
    expect((await room.blocks(ben))['team']).toBe('We sail.');
  });

  it('is a template while nobody has it, and a block as soon as somebody does', async () => {
    await open({ script: [] });
    const ann = await room.newAgent({ blocks: [] });
    const draft = { label: 'rules', name: null, value: 'Be brief.', offered: false };
    const made = await texts.create(principal, draft);
    await sharing.attach(principal, ann.id, made.id);
    expect(await room.blocks(ann)).toEqual({ rules: 'Be brief.' });
    await sharing.detach(principal, ann.id, made.id);
    expect(await room.blocks(ann)).toEqual({});
    expect(await texts.get(principal, made.id)).toMatchObject({ ...draft, id: made.id });
    const offered = await texts.create(principal, { ...draft, label: 'other', offered: true });
    await expect(sharing.attach(principal, ann.id, offered.id)).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('is read but not written in the memory of one person, where a block of one agent is copied', async () => {
    await open({
      script: (request) =>
        request.messages.at(-1)?.role === 'user'
          ? call('memory_append', { label: 'team', text: 'Ines is ill.' })
          : 'done',
    });
    const { ann, ben } = await twoAgents();
    const conversation = { id: newId(), ownerId: principal.userId, memoryKey: 'ines', metadata: {} };
    await room.store.conversations.insert({ ...conversation, lastSeq: 0, createdAt: 1 });
    const run = await room.runs.start(principal, {
      agentId: ann.id,
      conversationId: conversation.id,
      input: [{ role: 'user', kind: 'said', parts: [{ type: 'text', text: 'I am ill.' }] }],
      whenActive: 'queue',
    });
    await room.rest(run);
    expect((await room.blocks(ben))['team']).toBe('We sail.');
    const [step] = await room.store.runs.steps(run.id);
    expect(step?.calls[0]).toMatchObject({ failed: true, output: expect.stringContaining('read-only') as unknown });
    const memory = await room.store.memories.findByKey(ann.id, 'ines');
    const blocks = await room.store.memories.blocks(memory?.id ?? '');
    expect(Object.fromEntries(blocks.map(({ label, readOnly }) => [label, readOnly]))).toEqual({
      human: false,
      team: true,
    });
  });
});
