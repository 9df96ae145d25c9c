import { setImmediate } from 'node:timers/promises';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Shelf } from '../../../src/transfer/openai/shelf.js';
import { garbageCollector } from '../../support/garbage.js';

const count = 300;

describe('objects of an export that are put aside', () => {
  let folder = '';
  let shelf: Shelf;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'threadkeeper-'));
    shelf = await Shelf.open(folder);
  });
  afterEach(async () => {
    await shelf.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('are read to the end, whatever is collected meanwhile', async () => {
    const collect = garbageCollector();
    const common = { kind: 'message', parentId: 'thread_1', file: 0, line: 1, path: '', object: {} } as const;
    for (let at = 0; at < count; at += 1) shelf.add({ ...common, id: `msg_${at}`, at });
    shelf.finish();
    const read: (string | null)[] = [];
    for (const { id } of shelf.belongingTo('message', 'thread_1')) {
      read.push(id);
      if (read.length % 20 === 0) collect();
      await setImmediate();
    }
    expect(read).toEqual(Array.from({ length: count }, (_, at) => `msg_${at}`));
  });
});
