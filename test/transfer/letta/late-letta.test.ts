import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lettaReader } from '../../../src/transfer/letta/reader.js';
import type { Problem, TransferRecord } from '../../../src/transfer/record.js';
import { lateTables } from './letta-tables.js';
import { writeSqlite, type OldTable, type OldTables } from './old-database.js';
import { readAll } from './read-all.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'threadkeeper-late-letta-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function readFrom(tables: OldTables): Promise<(TransferRecord | Problem)[]> {
  const path = join(folder, `${randomUUID()}.db`);
  writeSqlite(path, tables);
  return readAll(lettaReader, [path], folder);
}

describe('A late Letta', () => {
  const tables = lateTables();
  const { agents } = tables.tables;

  it('with a sleeping agent has the first one tidied as often, and tells of groups and what else is left', async () => {
    const managed = (type: string, frequency: number | null, manager: string | null) => ({
      ...{ id: `group-${randomUUID()}`, manager_type: type, manager_agent_id: manager, agent_ids: [tables.third] },
      ...{ sleeptime_agent_frequency: frequency, is_deleted: false },
    });
    const groups: OldTable = {
      columns: {
        ...{ id: 'text', manager_type: 'text', manager_agent_id: 'text', sleeptime_agent_frequency: 'integer' },
        ...{ agent_ids: 'json', is_deleted: 'flag' },
      },
      rows: [
        managed('sleeptime', 5, tables.first),
        managed('sleeptime', 0, tables.second),
        managed('round_robin', null, null),
        { ...managed('sleeptime', 9, tables.third), is_deleted: true },
      ],
    };
    const named: OldTable = { columns: { id: 'text', is_deleted: 'flag' }, rows: [{ id: 'identity-1' }] };
    const items = await readFrom({ ...tables.tables, groups, identities: named });
    const metadata = new Map(
      items.flatMap((item) => (item.kind === 'agent' ? [[item.value.id, item.value.metadata]] : [])),
    );
    expect(metadata.get(tables.first)).toEqual({ sleep_time_every: '5', timezone: 'Europe/Berlin' });
    expect(metadata.get(tables.second)).toMatchObject({ sleep_time_every: 'off' });
    expect(metadata.get(tables.third)).toEqual({ timezone: 'Europe/Berlin' });
    const told = items.flatMap((item) => (item.kind === 'problem' ? [`${item.severity} ${item.why}`] : []));
    expect(told.filter((why) => why.includes('sleeping agent'))).toHaveLength(2);
    expect(told).toEqual(
      expect.arrayContaining([
        'left-out Of groups nothing is imported.',
        'left-out Of identities nothing is imported.',
      ]),
    );
  });

  it('with an archive that no agent has tells how much is in it', async () => {
    const archival = tables.tables['archival_passages'];
    if (archival === undefined) return;
    const columns: OldTable['columns'] = { ...archival.columns, is_deleted: 'flag' };
    const lone = ['One', 'Two', 'Deleted'].map((text) => {
      return { id: `passage-${randomUUID()}`, archive_id: 'archive-alone', text, is_deleted: text === 'Deleted' };
    });
    const items = await readFrom({
      ...tables.tables,
      archival_passages: { columns, rows: [...archival.rows, ...lone] },
    });
    expect(items.filter((item) => item.kind === 'problem' && item.why.startsWith('An archive that no'))).toMatchObject([
      { severity: 'left-out', place: { at: 'archival_passages, 2 of archive-alone' } },
    ]);
  });

  it('keeps its settings, the order of its blocks, and what it was told of its sources', async () => {
    const { sources } = tables.tables;
    if (agents === undefined || sources === undefined) return;
    const added: OldTable['columns'] = {
      ...{ response_format: 'json', message_buffer_autoclear: 'flag', hidden: 'flag', max_files_open: 'integer' },
    };
    const columns: OldTable['columns'] = { ...agents.columns, ...added };
    const model = { model: 'gpt-5', enable_reasoner: true, reasoning_effort: 'low', frequency_penalty: 1 };
    const format = { type: 'json_object' };
    const rows = agents.rows.map((row) => ({
      ...{ ...row, llm_config: model, response_format: format, message_buffer_autoclear: true, max_files_open: 7 },
    }));
    const told = { columns: { ...sources.columns, metadata_: 'json', instructions: 'text' } as const };
    const source = sources.rows.map((row) => ({ ...row, metadata_: { kind: 'zine' }, instructions: 'Read them.' }));
    const items = await readFrom({ ...tables.tables, agents: { columns, rows }, sources: { ...told, rows: source } });
    const read = items.flatMap((item) => (item.kind === 'agent' ? [item.value] : []));
    expect(read.find(({ id }) => id === tables.first)).toMatchObject({
      settings: { reasoningEffort: 'low', frequencyPenalty: 1, responseFormat: format },
      faceData: { letta: { settings: { message_buffer_autoclear: 1, response_format: format, max_files_open: 7 } } },
    });
    const forgetful = 'An agent that was shown nothing of what was said before is shown it here.';
    expect(items.filter((item) => item.kind === 'problem' && item.why === forgetful)).toHaveLength(3);
    const labels = new Map(items.flatMap((item) => (item.kind === 'block' ? [[item.value.id, item.value.label]] : [])));
    const memory = items.flatMap((item) => (item.kind === 'memory' ? [item.value] : []));
    const own = memory.find(({ agentId }) => agentId === tables.first)?.id;
    const places = items.flatMap((item) =>
      item.kind === 'memory-block' && item.value.memoryId === own ? [item.value] : [],
    );
    expect(places.map(({ blockId }) => labels.get(blockId))).toEqual(['common', 'persona']);
    expect((places[0]?.createdAt ?? 0) < (places[1]?.createdAt ?? 0)).toBe(true);
    expect(items.find(({ kind }) => kind === 'library')).toMatchObject({
      value: { faceData: { metadata: { kind: 'zine', instructions: 'Read them.' } } },
    });
  });
});
