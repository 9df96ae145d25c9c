import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminPassword } from '../../http/running-app.js';
import { startFace, type OpenaiFace } from '../../support/openai-face.js';
import { startReadingFace, type ReadingFace } from '../../support/reading-face.js';

/** The export that the examples show. */
const sample = fileURLToPath(new URL('../../../examples/openai-export', import.meta.url));
const assistantId = 'asst_Allotment7Guide4Beans2Pea';
const threadId = 'thread_Allotment7Spring4Talk2';
const storeId = 'vs_Allotment7Notes4Beds2';
const fileId = 'file-Allotment7Sowing4Dates2';
const scanId = 'file-Allotment7Plan4Scan2Pdf9';

type Counts = Record<string, { read: number; created: number; present: number; different: number; leftOut: number }>;
interface Report {
  outcome: string;
  counts: Counts;
  problems: { severity: string; why: string }[];
}

let face: ReadingFace;
let client: OpenAI;
let report: Report;
beforeAll(async () => {
  face = await startReadingFace({ script: [{ text: 'In March, Rosa.' }] });
  client = face.client();
  report = await importPath(sample);
});
afterAll(() => face.close());

function importPath(path: string, query = ''): Promise<Report> {
  return importInto(face, 'openai', path, query);
}

async function importInto({ app }: OpenaiFace, format: string, path: string, query = ''): Promise<Report> {
  const answer = await fetch(`${app.url}/admin/import/${format}${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminPassword}`, 'content-type': 'application/json' },
    body: JSON.stringify({ path }),
  });
  return (await answer.json()) as Report;
}

/** An object as a file of the sample has it. */
async function saved<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(join(sample, name), 'utf8')) as T;
}

describe('an imported export', () => {
  it('tells what it held, and what was not in it', () => {
    expect(report.outcome).toBe('imported');
    const created = Object.entries(report.counts).map(([kind, counts]) => [kind, counts.created]);
    expect(Object.fromEntries(created)).toMatchObject({
      ...{ agent: 1, conversation: 1, message: 4, run: 2, step: 4, library: 1, 'library-file': 2, file: 2 },
    });
    expect(report.problems.map(({ severity, why }) => [severity, why])).toEqual([
      ['note', 'The bytes of a file are not in the export; only what is said of it is kept.'],
      ['note', 'Assistants name the model "gpt-4o": it, or an alias for it, is needed here.'],
    ]);
  });

  it('lists what it held in the order of the API, with old ids as cursors', async () => {
    const { data: assistants } = await client.beta.assistants.list();
    expect(assistants).toMatchObject([{ id: assistantId, created_at: 1_704_067_200 }]);
    const { data: runs } = await client.beta.threads.runs.list(threadId);
    expect(runs.map(({ id }) => id)).toEqual(['run_Allotment7Second4Run222', 'run_Allotment7First4Run2222']);
    const { data: steps } = await client.beta.threads.runs.steps.list('run_Allotment7First4Run2222', {
      thread_id: threadId,
    });
    expect(steps.map(({ id }) => id)).toEqual(['step_Allotment7First4Say22222', 'step_Allotment7First4Search22']);
    const page = await client.beta.threads.messages.list(threadId, {
      ...{ after: 'msg_Allotment7Second4Answer2', limit: 2 },
    });
    expect(page.data.map(({ id }) => id)).toEqual(['msg_Allotment7Second4Quest22', 'msg_Allotment7First4Answer22']);
    const { messages } = await saved<{ messages: unknown[] }>(`threads/${threadId}.json`);
    expect((await client.beta.threads.messages.list(threadId)).data).toMatchObject(messages);
  });

  it('has its files read into their vector stores again, and says of which it has no bytes', async () => {
    const read = await client.vectorStores.files.poll(storeId, fileId, { pollIntervalMs: 20 });
    expect(read).toMatchObject({ status: 'completed', created_at: 1_704_067_500 });
    const found = await client.vectorStores.search(storeId, { query: 'frost' });
    expect(found.data).toMatchObject([{ file_id: fileId, filename: 'sowing-dates.txt' }]);
    const scan = await client.vectorStores.files.retrieve(scanId, { vector_store_id: storeId });
    expect(scan).toMatchObject({ status: 'failed', last_error: { code: 'invalid_file' } });
  });

  it('gives the bytes of a file back, and an honest error where it has none', async () => {
    const content = await client.files.content(fileId);
    expect(await content.text()).toBe(await readFile(join(sample, 'files', fileId), 'utf8'));
    expect(await client.files.retrieve(scanId)).toMatchObject({ filename: 'plan-of-the-beds.pdf', bytes: 48_211 });
    await expect(client.files.content(scanId)).rejects.toMatchObject({
      status: 404,
      message: expect.stringContaining('The bytes of this file are not here') as string,
    });
  });

  it('changes nothing when it is imported again', async () => {
    for (const [kind, { created, different }] of Object.entries((await importPath(sample)).counts)) {
      expect([kind, created, different]).toEqual([kind, 0, 0]);
    }
  });

  it('brings along the messages that came to a thread since it was last saved', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'threadkeeper-grown-'));
    try {
      await cp(sample, folder, { recursive: true });
      const name = join(folder, 'threads', `${threadId}.json`);
      const thread = JSON.parse(await readFile(name, 'utf8')) as { messages: Record<string, unknown>[] };
      const [newest] = thread.messages;
      const later = {
        ...newest,
        id: 'msg_Allotment7Third4Question',
        created_at: 1_709_290_000,
        role: 'user',
        run_id: null,
      };
      await writeFile(name, JSON.stringify({ ...thread, messages: [later, ...thread.messages] }));
      expect((await importPath(folder)).counts['message']).toMatchObject({ created: 1, present: 4 });
      const { data } = await client.beta.threads.messages.list(threadId, { limit: 1 });
      expect(data).toMatchObject([{ id: 'msg_Allotment7Third4Question' }]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('is a conversation that goes on where it stopped', async () => {
    await client.beta.threads.messages.create(threadId, { role: 'user', content: 'And peas?' });
    const run = await client.beta.threads.runs.createAndPoll(
      threadId,
      { assistant_id: assistantId },
      { pollIntervalMs: 20 },
    );
    expect(run).toMatchObject({ status: 'completed', model: 'gpt-4o', temperature: 0.4 });
    const sent = JSON.stringify(face.app.room.provider.requests.at(-1)?.messages);
    expect(sent).toContain('When can I sow beans?');
    expect(sent).toContain('Two nights of frost are ahead');
    const { data } = await client.beta.threads.messages.list(threadId, { limit: 1 });
    expect(data).toMatchObject([{ role: 'assistant', content: [{ text: { value: 'In March, Rosa.' } }] }]);
  });

  it('leaves again as a bundle, and is the same where that is taken in', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'threadkeeper-bundle-'));
    const elsewhere = await startFace();
    try {
      const headers = { authorization: `Bearer ${adminPassword}` };
      const bundle = await (await fetch(`${face.app.url}/admin/export`, { headers })).text();
      await writeFile(join(folder, 'all.jsonl'), bundle);
      const { outcome } = await importInto(elsewhere, 'bundle', join(folder, 'all.jsonl'));
      expect(outcome).toBe('imported');
      for (const id of [fileId, scanId]) {
        expect(await elsewhere.client().files.retrieve(id)).toEqual(await client.files.retrieve(id));
      }
      const steps = [
        'step_Allotment7First4Search22',
        { thread_id: threadId, run_id: 'run_Allotment7First4Run2222' },
      ] as const;
      const found = await elsewhere.client().beta.threads.runs.steps.retrieve(...steps);
      expect(found).toEqual(await client.beta.threads.runs.steps.retrieve(...steps));
    } finally {
      await elsewhere.close();
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('shows a changed field as it was changed, and the others as they were', async () => {
    const { data } = await saved<{ data: [OpenAI.Beta.Assistant] }>('assistants.json');
    const warmer = await client.beta.assistants.update(assistantId, { temperature: 0.9 });
    expect(warmer).toEqual({ ...data[0], temperature: 0.9, top_p: null });
    const narrower = await client.beta.assistants.update(assistantId, { top_p: 0.5 });
    expect(narrower).toEqual({ ...data[0], temperature: 0.9, top_p: 0.5 });
  });

  it("becomes somebody else's too, under ids of their own that are related as before", async () => {
    const user = await face.app.newUser();
    const theirs = await importPath(sample, `?user_id=${user.id}`);
    expect(theirs.counts['message']).toMatchObject({ created: 4 });
    const own = face.client({ apiKey: user.key });
    const {
      data: [assistant],
    } = await own.beta.assistants.list();
    expect(assistant?.id).not.toBe(assistantId);
    const {
      data: [thread],
    } = (await (await fetch(`${face.baseUrl}/threads`, { headers: user.headers })).json()) as {
      data: { id: string }[];
    };
    const { data } = await own.beta.threads.messages.list(thread?.id ?? '', { order: 'asc' });
    expect(data.map(({ assistant_id }) => assistant_id)).toEqual([null, assistant?.id, null, assistant?.id]);
    const cited = data[1]?.content[0];
    const { data: files } = await own.files.list();
    expect(cited).toMatchObject({
      text: { annotations: [{ file_citation: { file_id: files.find(({ bytes }) => bytes < 1_000)?.id } }] },
    });
  });
});
