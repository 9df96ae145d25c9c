import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../src/store/open.js';
import { openSqlite } from '../../src/store/sqlite-driver.js';
import { makeMessage, makeScene, makeUser } from './rows.js';

describe('a SQLite database', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'threadkeeper-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const file = (): string => join(folder, 'threadkeeper.db');

  it('is named by a folder, a file, or a URL of either', async () => {
    const user = makeUser();
    const store = await openStore(`sqlite:${folder}`);
    await store.users.insert(user);
    await store.close();
    for (const url of [folder, file(), `sqlite:${file()}`, `sqlite://${file()}`]) {
      const again = await openStore(url);
      expect(await again.users.get(user.id), url).toEqual(user);
      await again.close();
    }
    const other = await openStore(join(folder, 'new', 'other.sqlite'));
    await other.close();
    expect(existsSync(join(folder, 'new', 'other.sqlite'))).toBe(true);
  });

  it('is whole in its file once it is closed', async () => {
    const user = makeUser();
    const store = await openStore(folder);
    await store.users.insert(user);
    await store.close();
    const copy = join(folder, 'copy.db');
    copyFileSync(file(), copy);
    const again = await openStore(copy);
    expect(await again.users.get(user.id)).toEqual(user);
    await again.close();
  });

  it('is named by no other kind of URL', async () => {
    await expect(openStore('mysql://localhost/x')).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(openStore('sqlite:')).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('is refused to a second opener, with the number of the first process', async () => {
    const store = await openStore(folder);
    await expect(openStore(folder)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(new RegExp(`already open in another process \\(pid ${process.pid}\\)`)),
    });
    await store.check();
    await store.close();
    await (await openStore(folder)).close();
  });

  it('loses nothing it has answered for when its process is killed, and can be opened at once', async () => {
    const { child, lines } = startWriter(folder);
    const [conversationId = ''] = await lines.take(1);
    await lines.take(200);
    await expect(openStore(folder)).rejects.toMatchObject({
      message: expect.stringContaining(`pid ${child.pid}`),
    });
    child.kill('SIGKILL');
    await once(child, 'close');
    const acknowledged = Number(lines.last());
    expect(acknowledged).toBeGreaterThanOrEqual(200);
    const store = await openStore(folder);
    const conversation = await store.conversations.find(conversationId);
    expect(conversation?.lastSeq).toBeGreaterThanOrEqual(acknowledged);
    const page = await store.messages.page(conversationId, { limit: 1, order: 'desc', visibleOnly: true });
    expect(page.items[0]?.seq).toBe(conversation?.lastSeq);
    await store.close();
  });

  it('is refused where a newer version has written it', async () => {
    await (await openStore(folder)).close();
    const connection = openSqlite(file());
    connection.exec("insert into migrations values (9999, 'from the future', 1)");
    connection.close();
    await expect(openStore(folder)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/newer version.*9999/),
    });
    // The refusal has let go of the file.
    const again = openSqlite(file());
    again.exec('delete from migrations where number = 9999');
    again.close();
    await (await openStore(folder)).close();
  });

  it('is refused where its folder cannot be made', async () => {
    writeFileSync(join(folder, 'in-the-way'), '');
    await expect(openStore(join(folder, 'in-the-way', 'home'))).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/cannot be made/),
    });
  });

  it('is refused where the file is none', async () => {
    writeFileSync(file(), 'This is a letter and not a database. '.repeat(200));
    const before = statSync(file()).size;
    await expect(openStore(folder)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/cannot be opened: file is not a database/),
    });
    expect(statSync(file()).size).toBe(before);
  });

  it('is refused where another program made it', async () => {
    const connection = openSqlite(file());
    connection.exec('create table songs (title text)');
    connection.close();
    await expect(openStore(folder)).rejects.toMatchObject({ message: expect.stringMatching(/another program/) });
  });

  it('is refused where pages of it are damaged or missing', async () => {
    const store = await openStore(folder);
    const { conversation } = await makeScene(store);
    for (let index = 0; index < 100; index += 1) {
      await store.messages.append(conversation.id, [makeMessage(conversation.id, 'x'.repeat(5_000))]);
    }
    await store.close();
    const size = statSync(file()).size;
    const handle = openSync(file(), 'r+');
    writeSync(handle, Buffer.alloc(16_384, 0xaa), 0, 16_384, Math.floor(size / 2 / 4_096) * 4_096);
    await expect(openStore(folder)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/damaged|malformed/),
    });
    truncateSync(file(), Math.floor(size / 3));
    await expect(openStore(folder)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/damaged|malformed/),
    });
  });

  it('keeps sockets and timers alive while it is never idle', async () => {
    const store = await openStore(folder);
    const user = makeUser();
    await store.users.insert(user);
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 1);
    const ends = Date.now() + 300;
    while (Date.now() < ends) await store.users.get(user.id);
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(0);
    await store.close();
  });

  it('refuses every verb once it is closed, and closes twice like once', async () => {
    const store = await openStore(folder);
    await Promise.all([store.close(), store.close()]);
    await expect(store.users.get('x')).rejects.toThrow();
    const everything = { query: 'x', embedding: null, from: null, to: null, limit: 1, offset: 0 };
    const searching = store.search.messages({ ...everything, memoryId: 'x', roles: null });
    await expect(searching).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('answers a search that is under way when it closes, if only by refusing it', async () => {
    mkdirSync(join(folder, 'inner'));
    const store = await openStore(join(folder, 'inner'));
    const everything = { query: 'x', embedding: null, from: null, to: null, limit: 1, offset: 0 };
    const searching = store.search.messages({ ...everything, memoryId: 'x', roles: null });
    const settled = searching.then(
      () => 'answered',
      () => 'refused',
    );
    await store.close();
    expect(['answered', 'refused']).toContain(await settled);
  });
});

interface Lines {
  /** The next lines, as many as asked for. */
  take(count: number): Promise<string[]>;
  /** The last line that has come. */
  last(): string;
}

function startWriter(folder: string): { child: ChildProcess; lines: Lines } {
  const script = fileURLToPath(new URL('./killed-writer.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const reader = createInterface({ input: child.stdout });
  const seen: string[] = [];
  let taken = 0;
  reader.on('line', (line) => seen.push(line));
  return {
    child,
    lines: {
      take: async (count) => {
        while (seen.length < taken + count) await once(reader, 'line');
        taken += count;
        return seen.slice(taken - count, taken);
      },
      last: () => seen.at(-1) ?? '',
    },
  };
}
