import { mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminPassword, startApp, type RunningApp } from '../../http/running-app.js';
import { readExport, writeExport, type ExportFiles } from './support.js';

const thread = { id: 'thread_Garden', object: 'thread', created_at: 1_700_000_000, metadata: {}, tool_resources: null };
const line = `${JSON.stringify(thread)}\n`;

interface Answer {
  outcome?: string;
  detail?: string;
  error?: { message: string };
  problems?: { severity: string; why: string; places: { file: string; line: number | null }[] }[];
}

let app: RunningApp;
const left: string[] = [];
beforeAll(async () => {
  app = await startApp();
});
afterAll(async () => {
  await app.close();
  await Promise.all(left.map((path) => rm(path, { recursive: true, force: true })));
});

async function importPath(path: string, query = ''): Promise<Answer> {
  left.push(path);
  const answer = await fetch(`${app.url}/admin/import/openai${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminPassword}`, 'content-type': 'application/json' },
    body: JSON.stringify({ path }),
  });
  return (await answer.json()) as Answer;
}

async function expectUntouched(): Promise<void> {
  expect(await app.rows()).toMatchObject({ agents: 0, messages: 0, runs: 0 });
  expect(await app.store.transfers.find('conversation', ['thread_Garden'])).toEqual(new Map());
}

const deep = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

describe('an export that is broken is refused, and it is told where', () => {
  it.each<[string, ExportFiles, string, number | null]>([
    [
      'a line that is cut off',
      { 't.jsonl': `${line}{"id":"thread_Cut","obj` },
      'The file ends in the middle of a value.',
      2,
    ],
    [
      'a document that is cut off',
      { 't.json': JSON.stringify([thread, thread], null, 1).slice(0, -30) },
      'The file ends in the middle of a value.',
      null,
    ],
    ['a line that is no JSON', { 't.jsonl': `${line}${line}{"id": thread_1}\n${line}` }, 'This is no JSON.', 3],
    ['a document that is no JSON', { 't.json': `[\n${line},\n{"id": oops}]` }, 'This is no JSON.', null],
    [
      'what Python prints',
      { 't.json': "[Message(id='msg_1', role='user')]" },
      'This is what Python prints of its objects, and no JSON: save them with model_dump_json().',
      1,
    ],
    [
      'values that are nested without end',
      { 't.json': `[${line},${deep(100_000)}]` },
      'Values are nested more than 500 deep.',
      null,
    ],
    [
      'lines that are nested without end',
      { 't.jsonl': `${line}${deep(100_000)}\n` },
      'Values are nested more than 500 deep.',
      2,
    ],
    [
      'a text with values in it that are nested without end',
      { 't.json': [thread, deep(100_000)] },
      'Values are nested more than 500 deep.',
      1,
    ],
    ['NUL between the values', { 't.jsonl': `${line}\0\0\0\n` }, 'This is no JSON.', 2],
    [
      'a pickle',
      { 'a.jsonl': line, 'threads.pkl': Buffer.from('80049500', 'hex') },
      'This is a pickle of Python, which is never opened: it could run anything.',
      null,
    ],
    [
      'an archive of another kind',
      { 'a.jsonl': line, 'export.tar': 'threads.json' },
      'This is a tar archive; unpack it first, or pack its files as a zip.',
      null,
    ],
    [
      'YAML whose references unfold without end',
      { 't.jsonl': line, 'bomb.yaml': bombOfYaml() },
      'The values of this YAML are nested too deep, or unfold past every bound.',
      1,
    ],
    [
      'YAML that is nested without end',
      { 't.jsonl': line, 'deep.yaml': `${'['.repeat(100_000)}${']'.repeat(100_000)}` },
      'The values of this YAML are nested too deep, or unfold past every bound.',
      1,
    ],
    [
      'YAML that is nested without end and without brackets',
      { 't.jsonl': line, 'deep.yaml': '- '.repeat(100_000) },
      'The values of this YAML are nested too deep, or unfold past every bound.',
      1,
    ],
    ['YAML that is none', { 't.jsonl': line, 'bad.yml': 'messages: [\n  - a: {' }, 'This is no YAML.', null],
    [
      'an export of a voice product',
      { 't.json': { voice: {}, transcriber: {}, firstMessage: 'Hi' } },
      'This is a voice assistant of Vapi, and no export of Assistants.',
      1,
    ],
    [
      'a thread of another library',
      { 't.json': [{ thread_id: 'x', values: {} }] },
      'This is a thread of LangGraph, and no export of Assistants.',
      1,
    ],
    [
      'the account of a chat product',
      { 'conversations.json': [{ title: 'x', mapping: {}, current_node: 'y' }] },
      'This is an export of a ChatGPT account, and no export of Assistants.',
      1,
    ],
    ['nothing of the kind', { 't.json': { hello: 'world' } }, 'No object of the Assistants API was found.', null],
    ['an empty file', { 't.json': '' }, 'No object of the Assistants API was found.', null],
  ])('%s', async (_what, files, why, lineNumber) => {
    const { problems } = await readExport(files);
    const told = problems.find((problem) => problem.why === why);
    expect(told).toMatchObject({ severity: 'broken' });
    expect(Object.keys(files)).toContain(told?.place.file);
    if (lineNumber !== null) expect(told?.place.line).toBe(lineNumber);
  });

  it('and changes nothing, what is whole in it neither', async () => {
    const report = await importPath(await writeExport({ 't.jsonl': `${line}{"id":` }));
    expect(report).toMatchObject({ outcome: 'refused', problems: [{ places: [{ file: 't.jsonl', line: 2 }] }] });
    await expectUntouched();
  });

  it('a line without end', async () => {
    const folder = await writeExport({ 't.jsonl': line });
    // A file with a hole in it: far more than is read of a line, and nothing on the disk.
    await truncate(join(folder, 't.jsonl'), 128 * 1024 * 1024);
    const report = await importPath(folder);
    expect(report.problems).toContainEqual(
      expect.objectContaining({ severity: 'broken', why: 'The line is too long.' }),
    );
    await expectUntouched();
  });

  it('a name that leads out of an archive, an absolute one, and one that unfolds without end', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'threadkeeper-archives-'));
    const archives = {
      'up.zip': zipOf('../../up.json', Buffer.from(line)),
      'root.zip': zipOf('/etc/root.json', Buffer.from(line)),
      'bomb.zip': zipOf('bomb.json', Buffer.alloc(64 * 1024 * 1024), 60 * 1024 ** 3),
    };
    for (const [name, bytes] of Object.entries(archives)) {
      await writeFile(join(folder, name), bytes);
      const answer = await importPath(join(folder, name));
      expect(answer.outcome).toBeUndefined();
      expect(JSON.stringify(answer)).toMatch(/damaged|bound|invalid/u);
    }
    await expectUntouched();
  });

  it('while a sound archive is read', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'threadkeeper-archives-'));
    left.push(folder);
    await writeFile(join(folder, 'sound.zip'), zipOf('backup/t.jsonl', Buffer.from(line)));
    expect(await importPath(join(folder, 'sound.zip'), '?dry_run=true')).toMatchObject({ outcome: 'would-import' });
  });

  it('a link to somewhere else is not followed', async () => {
    const outside = await writeExport({ 'secret.jsonl': line });
    const folder = await writeExport({ 'a.json': { nothing: 1 } });
    await symlink(join(outside, 'secret.jsonl'), join(folder, 'link.jsonl'));
    expect(await importPath(folder)).toMatchObject({ outcome: 'refused' });
    await expectUntouched();
    left.push(outside);
  });
});

describe('an export with odd things in it', () => {
  it('is taken in as far as it goes where that is asked for', async () => {
    const own = `${JSON.stringify({ ...thread, id: 'thread_Whole' })}\n`;
    const report = await importPath(await writeExport({ 't.jsonl': `${own}{"id":` }), '?lenient=true');
    expect(report.outcome).toBe('imported');
    expect((await app.store.transfers.find('conversation', ['thread_Whole'])).size).toBe(1);
  });

  it('cannot reach what every object is made from', async () => {
    const text =
      '{"id":"thread_Proto","object":"thread","created_at":1,"metadata":{"__proto__":{"a":1}},"__proto__":{"polluted":1}}';
    expect(await importPath(await writeExport({ 't.json': text }))).toMatchObject({ outcome: 'imported' });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    const answer = await fetch(`${app.url}/v1/threads/thread_Proto`, {
      headers: { authorization: `Bearer ${adminPassword}` },
    });
    expect(answer.status).toBe(200);
  });

  it('loses NUL and halves of characters, which no database keeps', async () => {
    const message = {
      ...{ id: 'msg_Odd', object: 'thread.message', created_at: 1, thread_id: 'thread_Odd', role: 'user' },
      content: [{ type: 'text', text: { value: 'a\0b\ud800c', annotations: [] } }],
    };
    expect(await importPath(await writeExport({ 'm.json': [message] }))).toMatchObject({ outcome: 'imported' });
    const answer = await fetch(`${app.url}/v1/threads/thread_Odd/messages/msg_Odd`, {
      headers: { authorization: `Bearer ${adminPassword}` },
    });
    const { content } = (await answer.json()) as { content: { text: { value: string } }[] };
    expect(content[0]?.text.value).toBe('ab\uFFFDc');
  });
});

/** A zip archive of one entry, which may claim to be larger than it is. */
function zipOf(name: string, content: Buffer, claimedBytes = content.length): Buffer {
  const packed = deflateRawSync(content);
  const fields = (signature: number, isCentral: boolean): Buffer => {
    const head = Buffer.alloc(isCentral ? 46 : 30);
    head.writeUInt32LE(signature, 0);
    const at = isCentral ? 6 : 4;
    head.writeUInt16LE(20, at);
    head.writeUInt16LE(8, at + 4);
    head.writeUInt32LE(packed.length, at + 14);
    head.writeUInt32LE(Math.min(claimedBytes, 0xfffffffe), at + 18);
    head.writeUInt16LE(Buffer.byteLength(name), at + 22);
    return Buffer.concat([head, Buffer.from(name)]);
  };
  const local = Buffer.concat([fields(0x04034b50, false), packed]);
  const central = fields(0x02014b50, true);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, central, end]);
}

/** A list of lists of lists, each of the one before it many times. */
function bombOfYaml(): string {
  const names = 'abcdefghi'.split('');
  const lines = names.map((name, index) => {
    const inner = index === 0 ? '"ha"' : `*${names[index - 1] ?? ''}`;
    return `${name}: &${name} [${Array.from({ length: 9 }, () => inner).join(', ')}]`;
  });
  return lines.join('\n');
}
