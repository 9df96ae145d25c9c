import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Conversation } from '../../src/domain/conversation.js';
import type { Memory } from '../../src/domain/memory.js';
import type { Message, NewMessage } from '../../src/domain/message.js';
import { openStore } from '../../src/store/open.js';
import { sqliteDialect } from '../../src/store/sql/dialect.js';
import { createGround, find, type Ground } from '../../src/store/sql/search/find.js';
import { createKnownScopes, type KnownScopesOptions } from '../../src/store/sql/search/known-scopes.js';
import { removalsKept } from '../../src/store/sql/search/removals.js';
import type { SearchAnswer, SearchQuery } from '../../src/store/sql/search/query.js';
import { sqliteWords } from '../../src/store/sql/search/sqlite-words.js';
import { openSqlite, type SqliteConnection } from '../../src/store/sqlite-driver.js';
import { openSqliteReader } from '../../src/store/sqlite.js';
import type { Store } from '../../src/store/store.js';
import { makeConversation, makeMemory, makeMessage, makePassage, makeScene, makeWindow } from './rows.js';

/** Searches that know the earlier ones, in these ways, each compared with one that knows nothing. */
const ways: Record<string, KnownScopesOptions> = {
  'as usual': {},
  'with room for next to nothing': { bytesMax: 6_000 },
  'naming the scope to the index, and reading all of it anew': { strangersMax: -Infinity },
};

describe('a search that knows the earlier ones', () => {
  let folder = '';
  let store: Store;
  /** A handle as another process would have it. */
  let other: SqliteConnection;
  let plain: Ground;
  let knowing: Ground[];

  const file = (): string => join(folder, 'threadkeeper.db');
  const ground = (): Ground => createGround(openSqliteReader(file()), sqliteDialect(sqliteWords));
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'threadkeeper-'));
    store = await openStore(folder);
    other = openSqlite(file());
    other.exec('pragma busy_timeout = 5000; pragma foreign_keys = on');
    plain = { ...ground(), known: null };
    const { growing } = sqliteWords;
    if (growing === null) throw new Error('The index does not grow.');
    knowing = Object.values(ways).map((options) => ({ ...ground(), known: createKnownScopes(growing, options) }));
  });
  afterEach(async () => {
    for (const { db } of [plain, ...knowing]) await db.destroy();
    other.close();
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Searches in every way and expects all of them to answer alike. */
  const agree = async (memoryId: string, query: string, more: Partial<SearchQuery> = {}): Promise<SearchAnswer> => {
    const whole = { kind: 'message', memoryId, query, embedding: null, from: null, to: null, roles: null } as const;
    const asked: SearchQuery = { ...whole, tags: null, tagMatch: 'any', times: [], limit: 10, offset: 0, ...more };
    const expected = await find(plain, asked);
    for (const [at, way] of Object.keys(ways).entries()) {
      const [knower] = knowing.slice(at);
      if (knower !== undefined) expect(await find(knower, asked), `${query}, ${way}`).toEqual(expected);
    }
    return expected;
  };
  const say = async (conversation: Conversation, ...texts: string[]): Promise<Message[]> =>
    store.messages.append(
      conversation.id,
      texts.map((text) => makeMessage(conversation.id, text)),
    );
  const newestKey = (): number =>
    Number((other.run('select max(key) as key from texts').rows[0] as { key: number }).key);

  it('sees what was said since, and what is said again in the place of what went', async () => {
    const { memory, conversation } = await makeScene(store);
    const [first, , third] = await say(conversation, 'an apple', 'a pear', 'an apple and a pear');
    expect((await agree(memory.id, 'apple pears')).total).toBe(3);
    const [fourth] = await say(conversation, 'one more apple');
    expect((await agree(memory.id, 'apple pears')).total).toBe(4);
    expect((await agree(memory.id, 'more')).ids).toEqual([fourth?.id]);

    await store.messages.delete(conversation.id, first?.id ?? '');
    expect((await agree(memory.id, 'apple')).total).toBe(2);
    const key = newestKey();
    await store.messages.delete(conversation.id, fourth?.id ?? '');
    const [fifth] = await say(conversation, 'a fig');
    // Without this the test would not be of a key that is given twice.
    expect(newestKey()).toBe(key);
    expect((await agree(memory.id, 'apple')).ids).toEqual([third?.id]);
    expect((await agree(memory.id, 'figs')).ids).toEqual([fifth?.id]);
    expect((await agree(memory.id, 'more')).total).toBe(0);
  });

  it('sees what takes a key below one that went, where keys between them had gone before', async () => {
    const { memory, conversation } = await makeScene(store);
    const said = await say(conversation, 'apple 1', 'apple 2', 'apple 3', 'apple 4', 'apple 5');
    for (const at of [2, 3]) await store.messages.delete(conversation.id, said[at]?.id ?? '');
    expect((await agree(memory.id, 'apple')).total).toBe(3);
    await store.messages.delete(conversation.id, said[4]?.id ?? '');
    await say(conversation, 'apple 6');
    expect(newestKey()).toBe(3);
    expect((await agree(memory.id, 'apple')).total).toBe(3);
    expect((await agree(memory.id, '6')).total).toBe(1);
  });

  it('follows changes of messages and of passages', async () => {
    const { memory, conversation } = await makeScene(store);
    const [message] = (await say(conversation, 'a plum', 'a fig')) as [Message];
    await agree(memory.id, 'plum fig');
    await store.messages.update({ ...message, parts: [{ type: 'text', text: 'another fig' }] });
    expect((await agree(memory.id, 'plum')).total).toBe(0);
    expect((await agree(memory.id, 'figs')).total).toBe(2);
    await store.messages.update({ ...message, parts: [{ type: 'text', text: 'a plum' }], visible: false });
    expect((await agree(memory.id, 'plum fig')).total).toBe(1);

    const passage = makePassage(memory.id, { text: 'a plum' });
    await store.memories.insertPassage(passage);
    expect((await agree(memory.id, 'plum', { kind: 'passage' })).total).toBe(1);
    await store.memories.updatePassage({ ...passage, text: 'a fig' });
    expect((await agree(memory.id, 'plum', { kind: 'passage' })).total).toBe(0);
    expect((await agree(memory.id, 'fig', { kind: 'passage' })).total).toBe(1);
  });

  it('keeps within the times, the role and the tags that are asked for', async () => {
    const { memory, conversation } = await makeScene(store);
    const at = (createdAt: number, role: 'user' | 'assistant'): NewMessage =>
      makeMessage(conversation.id, 'an apple', { createdAt, role });
    await store.messages.append(conversation.id, [at(3, 'user'), at(1, 'assistant'), at(2, 'user')]);
    expect((await agree(memory.id, 'apple', { from: 2 })).total).toBe(2);
    expect((await agree(memory.id, 'apple', { to: 2, roles: ['user'] })).total).toBe(1);
    expect((await agree(memory.id, 'apple', { roles: ['assistant'] })).total).toBe(1);
    expect((await agree(memory.id, 'apple', { roles: [] })).total).toBe(0);
    const [later] = await store.messages.append(conversation.id, [at(2, 'assistant')]);
    expect((await agree(memory.id, 'apple', { roles: ['assistant'], from: 2, to: 2 })).ids).toEqual([later?.id]);
    await store.messages.delete(conversation.id, later?.id ?? '');
    expect((await agree(memory.id, 'apple', { roles: ['assistant'] })).total).toBe(1);

    for (const tags of [['fruit'], ['fruit', 'red'], []]) {
      await store.memories.insertPassage(makePassage(memory.id, { text: `an apple ${tags.length}`, tags }));
    }
    const archive = { kind: 'passage' as const, tags: ['fruit', 'red'] };
    expect((await agree(memory.id, 'apple', archive)).total).toBe(2);
    expect((await agree(memory.id, 'apple', { ...archive, tagMatch: 'all' })).total).toBe(1);
  });

  it('sees where a text stands that another handle has moved', async () => {
    const { memory, conversation } = await makeScene(store);
    await say(conversation, 'tea, a pot of green tea', ...Array.from({ length: 30 }, () => 'tea'));
    const [best] = (await agree(memory.id, 'green tea')).ids;
    other.run('update texts set position = 1000 where key = 1');
    expect((await agree(memory.id, 'green tea')).ids[0]).toBe(best);
  });

  it('keeps memories apart that hold the same words, and their messages from their archives', async () => {
    const [one, two] = [await makeScene(store), await makeScene(store)];
    for (const [at, { conversation, memory }] of [one, two, one].entries()) {
      await say(conversation, 'a secret', 'nothing');
      await store.memories.insertPassage(makePassage(memory.id, { text: `a secret archived, ${at}` }));
      for (const { id } of [one.memory, two.memory]) {
        await agree(id, 'secret');
        await agree(id, 'secret', { kind: 'passage' });
      }
    }
    expect((await agree(one.memory.id, 'secret')).total).toBe(2);
    expect((await agree(two.memory.id, 'secret')).total).toBe(1);
    expect((await agree(one.memory.id, 'secrets', { kind: 'passage' })).total).toBe(2);
  });

  it('follows the conversations of a memory as they come and go', async () => {
    const { user, agent, memory, conversation } = await makeScene(store);
    const old = makeConversation(user.id);
    await store.conversations.insert(old);
    await say(old, 'an apple of long ago');
    await say(conversation, 'an apple');
    expect((await agree(memory.id, 'apple')).total).toBe(1);
    await store.conversations.openWindow(makeWindow(agent.id, old.id, memory.id));
    expect((await agree(memory.id, 'apple')).total).toBe(2);
    const fresh = makeConversation(user.id);
    await store.conversations.insert(fresh);
    await store.conversations.openWindow(makeWindow(agent.id, fresh.id, memory.id));
    expect((await agree(memory.id, 'apple')).total).toBe(2);
    await say(fresh, 'an apple of today');
    expect((await agree(memory.id, 'apple')).total).toBe(3);
    other.run('delete from windows where conversation_id = ?', [old.id]);
    expect((await agree(memory.id, 'apple')).total).toBe(2);
    await store.conversations.delete(user.id, fresh.id);
    expect((await agree(memory.id, 'apple')).total).toBe(1);
  });

  it('follows more conversations than the index is told one by one', async () => {
    const { user, agent, memory, conversation } = await makeScene(store);
    await say(conversation, 'an apple');
    await agree(memory.id, 'apple pear');
    for (const count of [150, 100, 5]) {
      await store.transaction(async (tx) => {
        for (let made = 0; made < count; made += 1) {
          const next = makeConversation(user.id);
          await tx.conversations.insert(next);
          await tx.conversations.openWindow(makeWindow(agent.id, next.id, memory.id));
          await tx.messages.append(next.id, [makeMessage(next.id, made % 10 === 0 ? 'apple' : 'pear')]);
        }
      });
      const stranger = makeConversation(user.id);
      await store.conversations.insert(stranger);
      await say(stranger, 'an apple elsewhere');
      await agree(memory.id, 'apple pear');
    }
    expect((await agree(memory.id, 'apple')).total).toBe(1 + 15 + 10 + 1);
  });

  it('begins anew where more went than is written down', async () => {
    const { memory, conversation } = await makeScene(store);
    const count = removalsKept + 200;
    await store.transaction((tx) =>
      tx.messages.append(
        conversation.id,
        Array.from({ length: count + 2 }, (_, index) => makeMessage(conversation.id, `apple ${index % 10}`)),
      ),
    );
    expect((await agree(memory.id, 'apple 7')).total).toBe(count + 2);
    other.run('delete from texts where key = 1');
    expect((await agree(memory.id, 'apple 7')).total).toBe(count + 1);
    other.run('delete from texts where key between 2 and ?', [count]);
    expect((await agree(memory.id, 'apple 7')).total).toBe(2);
    const { rows } = other.run('select count(*) as count from text_removals');
    expect(rows).toEqual([{ count: removalsKept }]);
  });

  it('takes nothing for said that was taken back with its transaction', async () => {
    const { memory, conversation } = await makeScene(store);
    const [first] = await say(conversation, 'an apple', 'a pear');
    await agree(memory.id, 'apple pear');
    const failed = store.transaction(async (tx) => {
      await tx.messages.delete(conversation.id, first?.id ?? '');
      await tx.messages.append(conversation.id, [makeMessage(conversation.id, 'a pear')]);
      await agree(memory.id, 'apple pear');
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    expect((await agree(memory.id, 'apple pear')).total).toBe(2);
  });

  it('answers as it would if it knew nothing, whatever is done by whom', async () => {
    const random = createRandom(7);
    const pick = <T>(list: readonly T[]): T => list[random(list.length)] as T;
    const scene = await makeScene(store);
    const second = { ...makeMemory(scene.agent.id), key: 'second' };
    await store.memories.insert(second);
    const memories: Memory[] = [scene.memory, second];
    const conversations = [scene.conversation];
    const messages: Message[] = [];
    const text = (): string =>
      Array.from({ length: 1 + random(8) }, () => pick(words)).join(' ') + (random(4) === 0 ? '?' : '');
    const inOther = (statement: string): void => void other.run(statement);
    const deeds: (() => Promise<unknown> | void)[] = [
      async () => messages.push(...(await say(pick(conversations), ...Array.from({ length: 1 + random(5) }, text)))),
      async () => messages.push(...(await say(pick(conversations), text()))),
      async () => {
        const conversation = pick(conversations);
        const changes = { role: pick(['user', 'assistant'] as const), createdAt: 1_000 + random(100) };
        const said = Array.from({ length: 1 + random(3) }, () => makeMessage(conversation.id, text(), changes));
        messages.push(...(await store.messages.append(conversation.id, said)));
      },
      () => {
        const changes = {
          text: text(),
          tags: pick([[], ['fruit'], ['fruit', 'colour']]),
          createdAt: 1_000 + random(100),
        };
        return store.memories.insertPassage(makePassage(pick(memories).id, changes));
      },
      () => deleteOne(messages.splice(random(messages.length), 1)[0]),
      () => deleteOne(messages.pop()),
      () => inOther('delete from texts where key = (select max(key) from texts)'),
      () => inOther(`delete from texts where key = ${random(newestKey() + 1)}`),
      async () => {
        const message = pick(messages);
        const role = pick(['user', 'assistant'] as const);
        const parts = [{ type: 'text' as const, text: text() }];
        await store.messages.update({ ...message, role, parts }).catch(() => undefined);
      },
      async () => {
        const conversation = makeConversation(scene.user.id);
        await store.conversations.insert(conversation);
        const window = makeWindow(scene.agent.id, conversation.id, pick(memories).id);
        if (random(2) === 0) await store.conversations.openWindow(window);
        messages.push(...(await say(conversation, text(), text())));
        if (random(2) === 0) await store.conversations.openWindow(window);
        conversations.push(conversation);
      },
      () => inOther('delete from windows where rowid = (select max(rowid) from windows where rowid > 1)'),
    ];
    const deleteOne = async (message: Message | undefined): Promise<void> => {
      if (message !== undefined) await store.messages.delete(message.conversationId, message.id);
    };
    let found = 0;
    for (let round = 0; round < 200; round += 1) {
      for (let times = random(4); times > 0; times -= 1) await pick(deeds)();
      const query = Array.from({ length: 1 + random(4) }, () => pick(words)).join(' ');
      const more = {
        from: pick([null, null, 1_000 + random(100)]),
        to: pick([null, null, 1_000 + random(100)]),
        offset: random(3),
        times: pick([[], [{ from: 1_000 + random(100), to: 1_000 + random(100) }]]),
      };
      const ofPassages = { kind: 'passage' as const, tags: pick(tagsAsked), tagMatch: pick(['any', 'all'] as const) };
      const asked = random(4) === 0 ? ofPassages : { roles: pick(rolesAsked) };
      found += (await agree(pick(memories).id, query, { ...more, ...asked })).total;
    }
    expect(found).toBeGreaterThan(250);
  });

  it('reads all of an answer in one moment', async () => {
    const { memory, conversation } = await makeScene(store);
    await say(conversation, 'an apple');
    const [knower] = knowing;
    if (knower === undefined) throw new Error('Nobody searches.');
    const before = await knower.db.connection().execute(async (held) => {
      await sql`begin`.execute(held);
      await sql`select count(*) from texts`.execute(held);
      await say(conversation, 'another apple');
      const { rows } = await sql<{ count: number }>`select count(*) as count from texts`.execute(held);
      await sql`commit`.execute(held);
      return rows[0]?.count;
    });
    expect(before).toBe(1);
    expect((await agree(memory.id, 'apple')).total).toBe(2);
  });
});

const rolesAsked: SearchQuery['roles'][] = [null, ['user', 'assistant'], ['user'], ['assistant', 'tool'], []];
const tagsAsked: SearchQuery['tags'][] = [null, ['fruit'], ['colour', 'fruit'], ['nothing']];
const words = 'apple pear fig plum quince tea green red harbour piano Ines went today'.split(' ');

/** Numbers below another, the same ones at every run. */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return below === 0 ? 0 : state % below;
  };
}
