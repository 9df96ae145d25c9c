import { describe, expect, it } from 'vitest';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { newId } from '../../../src/domain/ids.js';
import { gatherFiles } from '../../../src/transfer/gather.js';
import { lettaReader } from '../../../src/transfer/letta/reader.js';
import { recogniseFormat } from '../../../src/transfer/recognise.js';
import type { Problem, TransferRecord } from '../../../src/transfer/record.js';
import { makeUser } from '../../store/rows.js';
import { temporarySqlite } from '../../support/databases.js';
import { importBundle } from '../import-bundle.js';

const time = (minute: string): string => `2023-11-05 10:${minute}:00 AM PST-0800`;
const config = {
  ...{ name: 'Basil', persona: 'sam', human: 'cs_phd', preset: 'memgpt_chat', model: 'gpt-4', context_window: 8192 },
  ...{ model_endpoint: 'https://private.example', embedding_model: 'text-embedding-ada-002', embedding_dim: 1536 },
  ...{ create_time: time('00'), memgpt_version: '0.2.11', data_sources: ['papers'] },
};
const call = (name: string, values: object) => ({ name, arguments: JSON.stringify(values) });
const state = (said: string) => ({
  ...{ model: 'gpt-4', system: 'You are Basil.', messages_total: 40 },
  functions: [{ name: 'send_message', description: 'Says.', parameters: { type: 'object', properties: {} } }],
  memory: { persona: 'I am Basil.', human: 'Likes tea.' },
  messages: [
    { role: 'system', content: 'You are Basil, compiled.' },
    { role: 'user', content: JSON.stringify({ type: 'user_message', message: said, time: time('01') }) },
    { role: 'assistant', content: 'A greeting.', function_call: call('send_message', { message: 'Hello!' }) },
    {
      ...{ role: 'function', name: 'send_message' },
      content: JSON.stringify({ status: 'OK', message: 'None', time: time('02') }),
    },
  ],
});
const files = {
  'agents/Basil/config.json': config,
  'agents/Basil/agent_state/2023-11-06_01_00_00_PM.json': state('Newest'),
  'agents/Basil/agent_state/2023-11-06_11_59_00_AM.json': state('Older, and last by name'),
  'agents/Basil/agent_state/2023-11-06_12_30_00_AM.json': state('Oldest'),
  'agents/Basil/persistence_manager/2023-11-06_01_00_00_PM.persistence.pickle': 'cos\nsystem\n',
  'agents/Basil/persistence_manager/index/nodes.pkl': 'cos\nsystem\n',
  'archival/papers/nodes.pkl': 'cos\nsystem\n',
  'personas/mine.txt': 'I am mine.',
};

async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'threadkeeper-folders-'));
  try {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
    }
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function read(path: string): Promise<(TransferRecord | Problem)[]> {
  const workspace = await mkdtemp(join(tmpdir(), 'threadkeeper-workspace-'));
  const source = { files: await gatherFiles(path, join(workspace, newId())), url: null, workspace };
  expect(await recogniseFormat(source)).toBe('letta');
  const items: (TransferRecord | Problem)[] = [];
  for await (const item of lettaReader.read(source, new AbortController().signal)) items.push(item);
  await rm(workspace, { recursive: true });
  return items;
}

describe('Folders of agents from before MemGPT 0.3', () => {
  it.each(['', 'agents', 'agents/Basil'])('are read from "%s", each by the newest state', async (inner) => {
    const items = await withFolder((folder) => read(join(folder, inner)));
    expect(items.filter(({ kind }) => kind === 'agent')).toMatchObject([
      { value: { name: 'Basil', instructions: 'You are Basil.', model: 'gpt-4', protocol: 'heartbeat' } },
    ]);
    const blocks = items.flatMap((item) => (item.kind === 'block' ? [[item.value.label, item.value.value]] : []));
    expect(blocks).toEqual([
      ['persona', 'I am Basil.'],
      ['human', 'Likes tea.'],
    ]);
    const messages = items.flatMap((item) => (item.kind === 'message' ? [item.value] : []));
    expect(messages.map(({ role, kind, parts: [part] }) => [role, kind, part?.type])).toEqual([
      ['system', 'boot', 'text'],
      ['user', 'said', 'text'],
      ['assistant', 'said', 'text'],
      ['assistant', 'inner', 'text'],
      ['tool', 'inner', 'tool-result'],
    ]);
    expect(messages[1]).toMatchObject({ createdAt: Date.parse('2023-11-05T18:01:00Z'), parts: [{ text: 'Newest' }] });
    const [held, result] = messages.slice(3);
    const made = held?.parts.find((part) => part.type === 'tool-call');
    expect(result?.parts).toMatchObject([{ callId: made?.callId, name: 'send_message', output: 'None' }]);
    expect(items.find(({ kind }) => kind === 'window')).toMatchObject({ value: { liveFromSeq: 1 } });
    expect(JSON.stringify(items)).not.toContain('private.example');
  });

  it('have the times that they tell, also those of a clock that names no zone, which is told', async () => {
    const withoutZone = (value: object): object =>
      JSON.parse(JSON.stringify(value).replaceAll(' PST-0800', '')) as object;
    const shown = await withFolder(async (folder) => {
      const name = 'agents/Basil/agent_state/2023-11-06_01_00_00_PM.json';
      await writeFile(join(folder, name), JSON.stringify(withoutZone(state('Newest'))));
      await writeFile(join(folder, 'agents/Basil/config.json'), JSON.stringify(withoutZone(config)));
      return read(folder);
    });
    expect(shown[0]).toMatchObject({ kind: 'problem', severity: 'note', why: expect.stringMatching(/name no zone/u) });
    expect(shown.find(({ kind }) => kind === 'agent')).toMatchObject({
      value: { createdAt: Date.parse('2023-11-05T10:00:00Z') },
    });
    const times = shown.flatMap((item) => (item.kind === 'message' ? [item.value.createdAt] : []));
    expect(times.slice(1, 2)).toEqual([Date.parse('2023-11-05T10:01:00Z')]);
    expect(times.at(-1)).toBe(Date.parse('2023-11-05T10:02:00Z'));
  });

  it('tell what of them lies in pickles, and stay the same when they are imported again', async () => {
    const database = await temporarySqlite();
    const user = makeUser();
    try {
      await database.store.transfers.insert('user', user.id, [user]);
      const order = { format: 'auto', userId: user.id, isOneOwner: true } as const;
      await withFolder(async (folder) => {
        const first = await importBundle(database.store, folder, order);
        expect(first).toMatchObject({ outcome: 'imported', format: 'letta', counts: { message: { created: 5 } } });
        const told = first.problems.map(({ severity, why, count }) => [severity, why.slice(0, 30), count]);
        expect(told).toEqual([
          ['left-out', 'What was said before what the ', 1],
          ['left-out', 'The archive of this agent lies', 1],
          ['left-out', 'The documents of a source lie ', 1],
        ]);
        const second = await importBundle(database.store, folder, order);
        expect(second.counts).toMatchObject({ agent: { present: 1, created: 0 }, message: { present: 5, created: 0 } });
      });
    } finally {
      await database.close();
    }
  });
});
