import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { buffer } from 'node:stream/consumers';
import { pack, type Headers } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gatherFiles } from '../../src/transfer/gather.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'threadkeeper-tar-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

type Entry = Partial<Headers> & { name: string; content?: string };

async function tarOf(entries: readonly Entry[]): Promise<Buffer> {
  const packing = pack();
  for (const { content, ...header } of entries) packing.entry({ mtime: new Date(1_000_000), ...header }, content ?? '');
  packing.finalize();
  return buffer(packing);
}

let count = 0;
async function gathered(name: string, bytes: Buffer): Promise<Record<string, string>> {
  count += 1;
  const path = join(folder, name);
  await writeFile(path, bytes);
  const files = await gatherFiles(path, join(folder, `unpacked-${count}`));
  return Object.fromEntries(
    await Promise.all(files.map(async (file) => [file.name, await readFile(file.path, 'utf8')] as const)),
  );
}

const longName = `${'folder/'.repeat(40)}a file with a long name.json`;
const sound: Entry[] = [
  { name: './threads/one.json', content: '[1]' },
  { name: longName, content: '[2]' },
  { name: 'empty/', type: 'directory' },
  { name: 'link.json', type: 'symlink', linkname: '/etc/passwd' },
  { name: 'hard.json', type: 'link', linkname: 'threads/one.json' },
];

describe('A tar archive', () => {
  it.each<[string, string, (bytes: Buffer) => Buffer]>([
    ['as it is', 'export.tar', (bytes) => bytes],
    ['packed with gzip', 'export.tar.gz', (bytes) => gzipSync(bytes)],
    ['under a name that does not say so', 'export', (bytes) => gzipSync(bytes)],
  ])('%s is read as the files in it, and links are not followed', async (_how, name, packed) => {
    expect(await gathered(name, packed(await tarOf(sound)))).toEqual({ 'threads/one.json': '[1]', [longName]: '[2]' });
  });

  it.each<[string, Entry]>([
    ['leads out of it', { name: '../../up.json', content: '[]' }],
    ['begins at the root', { name: '/etc/root.json', content: '[]' }],
    ['is of Windows', { name: '..\\up.json', content: '[]' }],
  ])('is refused where a name %s', async (_why, entry) => {
    await expect(gathered('bad.tar', await tarOf([entry]))).rejects.toThrow('The archive holds a name that leads out');
  });

  it('is refused where it is cut off, or unfolds without end', async () => {
    const whole = await tarOf([{ name: 'a.json', content: 'x'.repeat(5_000) }]);
    await expect(gathered('cut.tar', whole.subarray(0, 3_000))).rejects.toThrow('damaged');
    const bomb = gzipSync(await tarOf([{ name: 'a.json', content: '\0'.repeat(64 * 1024 * 1024) }]));
    await expect(gathered('bomb.tar.gz', bomb)).rejects.toThrow('unfolds past every bound');
  });

  it('of a packer that is not known here is refused by name', async () => {
    await expect(gathered('a.tar.bz2', Buffer.from('BZh91AY'))).rejects.toThrow('is packed with bzip2; unpack it');
  });
});
