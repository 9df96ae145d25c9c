import { statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { openStore } from '../../src/store/open.js';
import type { Store } from '../../src/store/store.js';

const megabyte = 1024 * 1024;

/** Writes megabytes of presets, in transactions of one megabyte. */
async function write({ transaction }: Store, from: number, megabytes: number): Promise<void> {
  const system = 'x'.repeat(64 * 1024);
  for (let each = from; each < from + megabytes; each += 1) {
    await transaction(async (tx) => {
      const values = Array.from({ length: 16 }, (_, index) => ({
        ...{ id: `preset-${each}-${index}`, name: `${each}-${index}`, description: null, system, systemName: null },
        ...{ persona: '', personaName: null, human: '', humanName: null, functions: [], createdAt: 1 },
      }));
      await tx.transfers.insert('preset', 'user-one', values);
    });
  }
}

it('the log of a database is emptied while somebody writes, and everything is there', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'threadkeeper-wal-'));
  const store = await openStore(`sqlite:${folder}`);
  const file = join(folder, 'threadkeeper.db');
  try {
    await store.transfers.insert('user', 'user-one', [
      { id: 'user-one', name: null, organisationId: null, createdAt: 1 },
    ]);
    let largest = 0;
    for (let each = 0; each < 40; each += 1) {
      await write(store, each * 4, 4);
      await sleep(10);
      largest = Math.max(largest, statSync(`${file}-wal`).size);
    }
    // Nobody has closed it, and nothing but the keeper empties the log.
    await expect.poll(() => statSync(file).size, { timeout: 15_000 }).toBeGreaterThan(150 * megabyte);
    expect(largest).toBeLessThan(140 * megabyte);
    expect((await store.transfers.list('preset', 'user-one', null, 5_000)).values).toHaveLength(2_560);
  } finally {
    await store.close();
  }
  await rm(folder, { recursive: true, force: true });
}, 120_000);
