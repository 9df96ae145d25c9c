import { mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { zipOf } from '../../support/documents.js';
import { bundleOf, threadOf } from '../../transfer/thread-bundle.js';
import { asAdmin, startApp, type RunningApp } from '../running-app.js';

/** The folder that is used for everything temporary, so that it can be seen what is left in it. */
let folder: string;
let app: RunningApp;
const usualFolder = process.env.TMPDIR;
const thread = threadOf(2);
const sound = `${thread.lines.join('\n')}\n`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'threadkeeper-transfers-'));
  process.env.TMPDIR = folder;
  app = await startApp();
});
afterAll(async () => {
  await app.close();
  if (usualFolder === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = usualFolder;
  await rm(folder, { recursive: true, force: true });
});

type Headers = Record<string, string>;
type Content = string | Buffer;

function upload(content: Content, name = 'bundle.jsonl', query = '', headers: Headers = asAdmin): Promise<Response> {
  const form = new FormData();
  form.append('file', new Blob([typeof content === 'string' ? content : new Uint8Array(content)]), name);
  return fetch(`${app.url}/admin/import/bundle/upload${query}`, { method: 'POST', headers, body: form });
}

function importBody(body: object, format = 'bundle', headers: Headers = asAdmin): Promise<Response> {
  return fetch(`${app.url}/admin/import/${format}`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

async function isThere(): Promise<boolean> {
  return (await app.store.transfers.find('conversation', [thread.id])).size > 0;
}

/** The files in the temporary folder, but those of the database and of the compiler that runs the tests. */
async function left(): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return files.filter((path) => !/threadkeeper\.db|\/tsx-/u.test(path)).sort();
}

/** An archive with the field at this place of its only entry's central record set to a value. */
function spoilt(archive: Buffer, offset: number, value: number): Buffer {
  archive.writeUInt32LE(value, archive.indexOf(Buffer.from('504b0102', 'hex')) + offset);
  return archive;
}

/** An archive that claims to have five million entries. */
function manyEntries(): Buffer {
  const archive = zipOf({ 'a.jsonl': sound });
  const end = archive.indexOf(Buffer.from('504b0506', 'hex'));
  archive.writeUInt32LE(0xffffffff, end + 16);
  archive.writeUInt16LE(0xffff, end + 10);
  const record = Buffer.alloc(56);
  record.writeUInt32LE(0x06064b50, 0);
  record.writeBigUInt64LE(44n, 4);
  record.writeBigUInt64LE(5_000_000n, 24);
  record.writeBigUInt64LE(5_000_000n, 32);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(end), 8);
  return Buffer.concat([archive.subarray(0, end), record, locator, archive.subarray(end)]);
}

const deep = (depth: number): string => `{"kind":"tool","value":{"a":${'['.repeat(depth)}${']'.repeat(depth)}}}`;
const withLine = (line: string): string => [...bundleOf([]).slice(0, 1), line].join('\n');
const bomb = Buffer.alloc(32 * 1024 * 1024);

describe('an upload that is refused names what is wrong with it, and leaves nothing behind', () => {
  it.each<[string, string, Content, RegExp]>([
    ['a zip bomb', 'a.zip', spoilt(zipOf({ bomb }), 24, 0xfffffffe), /unfolds past every bound/],
    ['an entry that is larger than it says', 'a.zip', spoilt(zipOf({ bomb }), 24, 10), /The entry bomb of the archive/],
    ['a gzip bomb', 'a.gz', gzipSync(bomb, { level: 9 }), /unfolds past every bound/],
    ['a name that leads upwards', 'a.zip', zipOf({ '../../up.jsonl': sound }), /up\.jsonl/],
    ['an absolute name', 'a.zip', zipOf({ '/tmp/root.jsonl': sound }), /root\.jsonl/],
    ['a name with a drive', 'a.zip', zipOf({ 'C:\\root.jsonl': sound }), /root\.jsonl/],
    ['too many entries', 'a.zip', manyEntries(), /more than 100000 entries/],
    ['a file that is a folder too', 'a.zip', zipOf({ a: sound, 'a/b': sound }), /The entry a\/b of the archive/],
    ['a nested archive', 'a.zip', zipOf({ 'in.zip': zipOf({ a: sound }) }), /The file in\.zip is no bundle/],
    ['a cut archive', 'a.zip', zipOf({ a: sound }).subarray(0, 60), /damaged/],
    ['a cut package', 'a.jsonl.gz', gzipSync(sound).subarray(0, 60), /The file a\.jsonl\.gz is damaged/],
    ['an archive of links', 'a.zip', spoilt(zipOf({ 'a.jsonl': sound }), 38, 0xa1ff0000), /A bundle is one file/],
    ['an empty file', 'empty.jsonl', '', /empty\.jsonl/],
    ['values that are nested without end', 'a.jsonl', withLine(deep(200_000)), /"a\.jsonl","line":2/],
    ['a line without end', 'a.jsonl', withLine('x'.repeat(70 * 1024 * 1024)), /longer than any .*"a\.jsonl","line":2/],
    ['a line that is cut', 'a.jsonl', sound.slice(0, -4), /"a\.jsonl","line":5/],
    ['bytes of another kind', 'photo.jpg', Buffer.from('ffd8ffe000104a46', 'hex'), /photo\.jpg is no bundle/],
    ['a page of the web', 'page.html', '<!doctype html><p>Hello', /page\.html is no bundle/],
  ])('%s', async (_what, name, content, told) => {
    const before = await left();
    const answer = await upload(content, name);
    const text = await answer.text();
    expect(text).toMatch(told);
    if (answer.status === 200) expect(JSON.parse(text)).toMatchObject({ outcome: 'refused' });
    else expect(answer.status).toSatisfy(isRefusal);
    expect(await isThere()).toBe(false);
    expect(await left()).toEqual(before);
  });

  it('a format that nobody knows', async () => {
    const before = await left();
    const form = new FormData();
    form.append('file', new Blob([sound]), 'a.jsonl');
    const answer = await fetch(`${app.url}/admin/import/spell/upload`, {
      method: 'POST',
      headers: asAdmin,
      body: form,
    });
    expect(answer.status).toBe(404);
    expect(await left()).toEqual(before);
  });
});

describe('a path that is refused', () => {
  it('is one that does not begin at the root, or that nothing lies at', async () => {
    for (const path of ['../bundle.jsonl', 'bundle.jsonl', join(folder, 'nothing.jsonl'), `${folder}\0/a`]) {
      const answer = await importBody({ path });
      expect([path, answer.status]).toEqual([path, expect.toSatisfy(isRefusal)]);
    }
  });

  it('is a link, which would lead somewhere else', async () => {
    await writeFile(join(folder, 'real.jsonl'), sound);
    await symlink(join(folder, 'real.jsonl'), join(folder, 'link.jsonl'));
    const answer = await importBody({ path: join(folder, 'link.jsonl') });
    expect(answer.status).toSatisfy(isRefusal);
    expect(await answer.text()).toContain('link.jsonl is neither a file nor a folder');
    expect(await isThere()).toBe(false);
  });
});

it('nobody but an administrator may import or export', async () => {
  const { headers } = await app.newUser();
  const before = await left();
  for (const [who, status] of [
    [headers, 401],
    [{}, 403],
  ] as const) {
    expect((await upload(sound, 'a.jsonl', '', who)).status).toBe(status);
    expect((await importBody({ path: join(folder, 'real.jsonl') }, 'bundle', who)).status).toBe(status);
    expect((await fetch(`${app.url}/admin/export`, { headers: who })).status).toBe(status);
  }
  expect(await isThere()).toBe(false);
  expect(await left()).toEqual(before);
});

describe('an upload', () => {
  it('that is streamed tells how far it is, then the report, and is gone from the disk', async () => {
    const before = await left();
    const answer = await upload(sound, 'a.jsonl', '?stream=true');
    expect(answer.headers.get('content-type')).toContain('text/event-stream');
    const frames = framesOf(await answer.text());
    expect(frames.slice(0, -1).map(({ event }) => event)).toEqual(frames.slice(1).map(() => 'progress'));
    expect(frames.at(-1)).toMatchObject({ event: 'report', data: { report: { outcome: 'imported' } } });
    expect(await isThere()).toBe(true);
    expect(await left()).toEqual(before);
  });

  it('that is streamed and cannot be read ends with an error that names the file', async () => {
    const answer = await upload('nothing', 'odd.txt', '?stream=true');
    const frames = framesOf(await answer.text());
    expect(frames.at(-1)).toEqual({ event: 'error', data: { error: 'The file odd.txt is no bundle.' } });
  });
});

/** The frames of an event stream, without what only keeps it alive. */
function framesOf(text: string): { event: string; data: unknown }[] {
  return text.split('\n\n').flatMap((frame) => {
    const [, event = '', data = ''] = /^event: (.*)\ndata: (.*)$/u.exec(frame) ?? [];
    return event === '' ? [] : [{ event, data: JSON.parse(data) as unknown }];
  });
}

function isRefusal(status: unknown): boolean {
  return typeof status === 'number' && status >= 400 && status < 500;
}

it('tells how many texts wait for a vector, to administrators', async () => {
  const { headers } = await app.newUser();
  const asked = (who: Headers): Promise<Response> => fetch(`${app.url}/admin/import/vectors`, { headers: who });
  expect((await asked(headers)).status).toBe(401);
  const answer = await asked(asAdmin);
  // Nobody makes vectors here.
  expect([answer.status, await answer.json()]).toEqual([200, { model: null, waiting: 0 }]);
});

it('finds out the format where it is asked to, and says which it is', async () => {
  await writeFile(join(folder, 'some export'), sound);
  const answer = await importBody({ path: join(folder, 'some export') }, 'auto');
  expect(await answer.json()).toMatchObject({
    outcome: 'imported',
    format: 'bundle',
    counts: { message: { read: 2 } },
  });
  await writeFile(join(folder, 'diary.txt'), 'Dear diary');
  const refused = await importBody({ path: join(folder, 'diary.txt') }, 'auto');
  expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining('What can be read:') as string]);
});
