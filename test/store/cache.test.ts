import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCache, type Caches } from '../../src/store/cache.js';

describe('a cache', () => {
  let home = '';
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'threadkeeper-'));
  });
  afterEach(() => {
    rmSync(home, { recursive: true, force: true });
  });
  const inFile = (): Promise<Caches> => openCache({ home, url: null, store: 'sqlite' });
  const inMemory = (): Promise<Caches> => openCache({ home, url: 'memory:', store: 'sqlite' });
  const day = 24 * 3_600_000;

  for (const [kind, open] of [
    ['in a file', inFile],
    ['in memory', inMemory],
  ] as const) {
    it(`${kind} keeps values apart by name and key, until their time is up`, async () => {
      const caches = await open();
      const one = caches.named('a_b');
      const two = caches.named('axb');
      expect(await one.set('key', { list: [1, null, 'ü👋'] }, day)).toBe(true);
      expect(await two.set('key', 'other', day)).toBe(true);
      expect(await one.set('brief', 1, 1)).toBe(true);
      await new Promise((resolve) => setTimeout(resolve, 10));
      expect(await one.get('key')).toEqual({ list: [1, null, 'ü👋'] });
      expect(await two.get('key')).toBe('other');
      expect(await one.get('brief')).toBeUndefined();
      expect(await one.get('absent')).toBeUndefined();
      await one.delete('key');
      expect(await one.get('key')).toBeUndefined();
      expect(await two.get('key')).toBe('other');
      await caches.close();
    });

    it(`${kind} takes any text for a key, and refuses one that is too long`, async () => {
      const caches = await open();
      const cache = caches.named('keys');
      for (const key of ["'; drop table keys; --", 'a:b:c', '100%', '_', '👋']) {
        expect(await cache.set(key, key, day), key).toBe(true);
        expect(await cache.get(key), key).toBe(key);
      }
      expect(await cache.set('k'.repeat(5_000), 1, day)).toBe(false);
      expect(await cache.get('k'.repeat(5_000))).toBeUndefined();
      await caches.close();
    });
  }

  it('in a file outlives its process', async () => {
    const first = await inFile();
    await first.named('kept').set('key', 'value', day);
    await first.close();
    const second = await inFile();
    expect(await second.named('kept').get('key')).toBe('value');
    await second.close();
  });

  it('begins anew where its file is damaged', async () => {
    writeFileSync(join(home, 'cache.db'), 'no database at all '.repeat(500));
    const caches = await inFile();
    expect(await caches.named('any').set('key', 1, day)).toBe(true);
    expect(await caches.named('any').get('key')).toBe(1);
    await caches.close();
  });

  it('is empty and says so once it is closed, and throws nothing', async () => {
    const caches = await inFile();
    const cache = caches.named('any');
    await cache.set('key', 1, day);
    await caches.close();
    expect(await cache.get('key')).toBeUndefined();
    expect(await cache.set('key', 1, day)).toBe(false);
    await expect(cache.delete('key')).resolves.toBeUndefined();
  });

  it('in memory forgets its oldest entries before it grows without end', async () => {
    const caches = await inMemory();
    const cache = caches.named('many');
    for (let index = 0; index <= 10_000; index += 1) await cache.set(`key ${index}`, index, day);
    expect(await cache.get('key 0')).toBeUndefined();
    expect(await cache.get('key 1')).toBe(1);
    expect(await cache.get('key 10000')).toBe(10_000);
    await caches.close();
  });

  it('names the package that a URL needs, and refuses a URL it does not know', async () => {
    await expect(openCache({ home, url: 'redis://localhost', store: 'sqlite' })).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/npm install @keyv\/redis/),
    });
    await expect(openCache({ home, url: 'ftp://localhost', store: 'sqlite' })).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });
});
