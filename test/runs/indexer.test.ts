import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/domain/clock.js';
import { newId } from '../../src/domain/ids.js';
import { createSearchAccess } from '../../src/engine/query-vectors.js';
import type { Provider, ProviderRegistry } from '../../src/providers/provider.js';
import { createScriptedProvider } from '../../src/providers/scripted.js';
import { Indexer } from '../../src/runs/indexer.js';
import { openRoom, registryOf, type EngineRoom } from '../support/engine-room.js';

let room: EngineRoom;
afterEach(() => room.close());

/** Three meanings, each an axis: texts about the same thing have the same vector, whatever their words. */
function meaning(text: string): number[] {
  if (/boat|vessel|ship/.test(text)) return [1, 0, 0];
  if (/tea|oolong|drink/.test(text)) return [0, 1, 0];
  return [0, 0, 1];
}

function embedderNamed(name: string, embed: (text: string) => number[]): { registry: ProviderRegistry } {
  const provider: Provider = createScriptedProvider(name, [], { embed });
  return { registry: { ...registryOf(provider), embedder: () => ({ provider, model: 'vectors' }) } };
}

async function archive(texts: string[]): Promise<string> {
  const agent = await room.newAgent();
  const memory = await room.store.memories.findByKey(agent.id, 'default');
  const memoryId = memory?.id ?? '';
  for (const text of texts) {
    await room.store.transaction(async (tx) => {
      await tx.memories.insertPassage({ id: newId(), memoryId, text, tags: [], createdAt: systemClock.now() });
    });
  }
  return memoryId;
}

async function find(registry: ProviderRegistry, memoryId: string, query: string): Promise<string[]> {
  const cache = { get: () => Promise.resolve(undefined), set: () => Promise.resolve(true) };
  const access = createSearchAccess(room.store.search, registry, cache);
  const found = await access.search.passages({
    memoryId,
    query,
    embedding: await access.embed(query),
    from: null,
    to: null,
    tags: null,
    tagMatch: 'any',
    limit: 5,
    offset: 0,
  });
  return found.hits.map((passage) => passage.text);
}

describe('the indexer', () => {
  it('I-22: a passage is found by its words at once, and by its meaning once it has a vector', async () => {
    room = await openRoom({ script: [] });
    const memoryId = await archive(['The vessel lies in the harbour.', 'Oolong in the morning.']);
    const { registry } = embedderNamed('meanings', meaning);
    expect(await find(registry, memoryId, 'harbour')).toContain('The vessel lies in the harbour.');
    expect(await find(registry, memoryId, 'boat')).toEqual([]);
    const indexer = new Indexer({ store: room.store, providers: registry, onFault: () => undefined });
    expect(await indexer.indexBatch()).toBe(2);
    expect(await indexer.indexBatch()).toBe(0);
    expect((await find(registry, memoryId, 'boat'))[0]).toBe('The vessel lies in the harbour.');
  });

  it('I-22: an outage of the provider loses no passage and no search', async () => {
    room = await openRoom({ script: [] });
    const memoryId = await archive(['The vessel lies in the harbour.']);
    const { registry } = embedderNamed('meanings', () => {
      throw new Error('out of order');
    });
    const indexer = new Indexer({ store: room.store, providers: registry, onFault: () => undefined });
    await expect(indexer.indexBatch()).rejects.toThrow('out of order');
    expect(await find(registry, memoryId, 'harbour')).toEqual(['The vessel lies in the harbour.']);
    expect(await room.store.search.withoutVector('meanings/vectors', 10)).toHaveLength(1);
  });

  it('I-23: another model gives its own vectors, and the two are never compared', async () => {
    room = await openRoom({ script: [] });
    const memoryId = await archive(['The vessel lies in the harbour.', 'Oolong in the morning.']);
    const first = embedderNamed('first', meaning).registry;
    await new Indexer({ store: room.store, providers: first, onFault: () => undefined }).indexBatch();
    const second = embedderNamed('second', (text) => [...meaning(text)].reverse().concat(0)).registry;
    expect(await find(second, memoryId, 'boat')).toEqual([]);
    expect(await find(second, memoryId, 'harbour')).toEqual(['The vessel lies in the harbour.']);
    await new Indexer({ store: room.store, providers: second, onFault: () => undefined }).indexBatch();
    expect((await find(second, memoryId, 'boat'))[0]).toBe('The vessel lies in the harbour.');
  });
});
