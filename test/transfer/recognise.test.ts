import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/domain/ids.js';
import { gatherFiles } from '../../src/transfer/gather.js';
import { recogniseFormat } from '../../src/transfer/recognise.js';
import { createMachine } from '../cli/command-line.js';
import { earlyTables } from './letta/letta-tables.js';
import { memgptTables } from './letta/memgpt-tables.js';
import { writeSqlite } from './letta/old-database.js';
import { threadOf } from './thread-bundle.js';

const example = (name: string): string => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'threadkeeper-recognise-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

type Content = string | Buffer | object | ((path: string) => void);

/** A file, or a folder of several, as people have it. */
async function made(files: Record<string, Content>): Promise<string> {
  const place = join(folder, newId());
  for (const [name, content] of Object.entries(files)) {
    const path = join(place, name);
    await mkdir(dirname(path), { recursive: true });
    if (typeof content === 'function') content(path);
    else {
      const isRaw = typeof content === 'string' || Buffer.isBuffer(content);
      await writeFile(path, isRaw ? content : JSON.stringify(content));
    }
  }
  const [name, ...others] = Object.keys(files);
  return others.length === 0 ? join(place, name ?? '') : place;
}

async function formatOf(path: string): Promise<string> {
  const workspace = await mkdtemp(join(folder, 'workspace-'));
  const files = await gatherFiles(path, join(workspace, 'unpacked'));
  return recogniseFormat({ files, url: null, workspace });
}

const bundle = `${threadOf(2).lines.join('\n')}\n`;
const database = (path: string): void => writeSqlite(path, memgptTables().tables);
const message = { id: 'msg_one', object: 'thread.message', thread_id: 'thread_A', role: 'user', content: 'Hello' };
const assistant = { id: 'asst_One', object: 'assistant', model: 'gpt-4o', instructions: 'Be.', tools: [] };
const flat = { agent_type: 'memgpt_agent', name: 'Flat', version: '0.6.47', messages: [], llm_config: {}, tools: [] };

describe('The format of a source is found out', () => {
  it.each<[string, string, Record<string, Content>]>([
    ['bundle', 'a bundle', { 'everything.jsonl': bundle }],
    ['bundle', 'one that is packed', { 'everything.jsonl.gz': gzipSync(bundle) }],
    ['letta', 'a database under any name', { backup: database }],
    ['letta', 'its folder', { 'sqlite.db': database, config: '[client]', 'personas/sam.txt': 'I am Sam.' }],
    [
      'letta',
      'a folder with the database of another program',
      {
        'sqlite.db': (path) => writeSqlite(path, earlyTables().tables),
        'cache.db': (path) => writeSqlite(path, { pages: { columns: { id: 'text' }, rows: [] } }),
      },
    ],
    ['af', 'an agent file of the flat form', { 'agent.json': flat }],
    ['af', 'agent files in a folder', { 'one.af': flat, 'two.af': flat, 'notes.txt': 'Mine' }],
    ['openai', 'one document', { 'all.json': { version: 1, messages: [message] } }],
    ['openai', 'lines', { 'messages.jsonl': `${JSON.stringify(message)}\n` }],
    ['openai', 'agents that are assistants', { 'backup.json': { agents: [assistant], assistants: [assistant] } }],
    ['openai', 'a folder', { 'assistants.json': [assistant], 'files/file-1.json': '{}', 'read.me': 'x' }],
  ])('%s: %s', async (format, _what, files) => {
    expect(await formatOf(await made(files))).toBe(format);
  });

  it.each([
    ['af', 'marigold.af'],
    ['openai', 'openai-export'],
  ])('%s: the example %s', async (format, name) => {
    expect(await formatOf(example(name))).toBe(format);
  });

  it('of an address by what it names', async () => {
    const at = (url: string): Promise<string> => recogniseFormat({ files: [], url, workspace: folder });
    expect(await at('postgresql+pg8000://letta:letta@localhost/letta')).toBe('letta');
    expect(await at('sqlite:///home/ana/.letta/sqlite.db')).toBe('letta');
    await expect(at('https://example.org/export.zip')).rejects.toThrow('What can be read: a bundle of this program;');
  });

  it.each<[string, Record<string, Content>]>([
    ['a text', { 'notes.txt': 'Dear diary' }],
    ['JSON of something else', { 'package.json': { name: 'x', version: '1.0.0', files: ['dist'], dependencies: {} } }],
    ['nothing', { 'empty.json': '' }],
  ])('or, where it is %s, told that it is none', async (_what, files) => {
    await expect(formatOf(await made(files))).rejects.toThrow('Nothing here is of a format that is known. What can be');
  });

  it('and not guessed where there are two', async () => {
    const both = { 'sqlite.db': database, 'saved/messages.json': [message] };
    await expect(formatOf(await made(both))).rejects.toThrow(
      'Several formats are here: letta (sqlite.db), openai (saved/messages.json). Name the one that is meant',
    );
  });
});

it('the command takes a source alone, and says as what it was read', async () => {
  const machine = createMachine();
  try {
    const done = await machine.run(['import', example('openai-export')]).ended;
    expect(done).toMatchObject({ status: 0, errors: '' });
    expect(done.out).toContain('Read as what was saved of the Assistants API (openai).\n');
    expect(done.out).toContain('message: 4 read, 4 new\n');
    const again = await machine.run(['import', 'openai', example('openai-export')]).ended;
    expect(again.out).toContain('message: 4 read, 0 new, 4 here already\n');
    const unknown = await machine.run(['import', example('anything-else'), '--dry-run']).ended;
    expect(unknown.status).not.toBe(0);
    expect(unknown.errors).toContain('There is nothing at');
  } finally {
    await machine.finish();
  }
}, 120_000);
