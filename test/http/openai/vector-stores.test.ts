import { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { docxOf, pdfOf, zipOf } from '../../support/documents.js';
import { startReadingFace, type ReadingFace } from '../../support/reading-face.js';

let face: ReadingFace;

beforeAll(async () => {
  face = await startReadingFace();
});

afterAll(() => face.close());

const textFile = (text: string, name: string) => toFile(Buffer.from(text), name);

async function upload(text: string, name = 'note.txt'): Promise<string> {
  const file = await face.client().files.create({ file: await textFile(text, name), purpose: 'assistants' });
  return file.id;
}

describe('a vector store', () => {
  it('is made, read, changed, listed and deleted, and its files stay', async () => {
    const { vectorStores, files } = face.client();
    const fileId = await upload('Keep me.');
    const made = await vectorStores.create({ name: 'Annals', metadata: { a: 'b' }, file_ids: [fileId] });
    expect(made).toMatchObject({ object: 'vector_store', name: 'Annals', metadata: { a: 'b' } });
    expect(made.file_counts.total).toBe(1);
    const changed = await vectorStores.update(made.id, {
      name: 'Chronicle',
      expires_after: { anchor: 'last_active_at', days: 7 },
    });
    expect(changed).toMatchObject({ name: 'Chronicle', metadata: { a: 'b' } });
    expect(changed.expires_at).toBe((changed.last_active_at ?? 0) + 7 * 86_400);
    expect((await vectorStores.update(made.id, { expires_after: null })).expires_at).toBeNull();
    expect((await vectorStores.list()).data.map(({ id }) => id)).toContain(made.id);
    expect(await vectorStores.delete(made.id)).toMatchObject({ id: made.id, deleted: true });
    await expect(vectorStores.retrieve(made.id)).rejects.toMatchObject({ status: 404 });
    expect((await files.retrieve(fileId)).id).toBe(fileId);
  });

  it('is completed at once where it has no files', async () => {
    const made = await face.client().vectorStores.create({});
    expect([made.status, made.file_counts.total, made.name]).toEqual(['completed', 0, '']);
  });

  it('reads a file, tells of it, and gives its text back', async () => {
    const { vectorStores } = face.client();
    const store = await vectorStores.create({ name: 'one' });
    const file = await vectorStores.files.uploadAndPoll(store.id, await textFile('The bridge is red.', 'bridge.md'));
    expect(file).toMatchObject({ status: 'completed', last_error: null, vector_store_id: store.id });
    expect(file.chunking_strategy).toEqual({
      type: 'static',
      static: { max_chunk_size_tokens: 800, chunk_overlap_tokens: 400 },
    });
    expect(file.usage_bytes).toBeGreaterThan(0);
    const content = await vectorStores.files.content(file.id, { vector_store_id: store.id });
    expect(content.data.map(({ text }) => text)).toEqual(['The bridge is red.']);
    const again = await vectorStores.files.create(store.id, { file_id: file.id });
    expect([again.id, (await vectorStores.retrieve(store.id)).file_counts.total]).toEqual([file.id, 1]);
    await vectorStores.files.delete(file.id, { vector_store_id: store.id });
    expect((await vectorStores.files.list(store.id)).data).toEqual([]);
  });

  it('goes on past a file that cannot be read, which says why', async () => {
    const { vectorStores } = face.client();
    const store = await vectorStores.create({});
    const good = await upload('Fine.');
    const bad = await upload('\u0000\u0001\u0002', 'program.exe');
    const batch = await vectorStores.fileBatches.createAndPoll(store.id, { file_ids: [good, bad] });
    expect(batch.status).toBe('completed');
    expect(batch.file_counts).toEqual({ in_progress: 0, completed: 1, failed: 1, cancelled: 0, total: 2 });
    const failed = await vectorStores.fileBatches.listFiles(batch.id, { vector_store_id: store.id, filter: 'failed' });
    expect(failed.data.map(({ id, last_error }) => [id, typeof last_error?.message])).toEqual([[bad, 'string']]);
  });

  it('takes files of several kinds in a batch and finds the right one', async () => {
    const { vectorStores } = face.client();
    const store = await vectorStores.create({});
    const files = [
      await toFile(pdfOf(['The lighthouse was built in 1901.']), 'lighthouse.pdf'),
      await toFile(docxOf(['The harbour master is called Ines.']), 'harbour.docx'),
      await textFile('# Ferry\n\nThe ferry leaves at noon.', 'ferry.md'),
    ];
    const batch = await vectorStores.fileBatches.uploadAndPoll(store.id, { files });
    expect(batch.file_counts).toMatchObject({ completed: 3, total: 3 });
    const found = await vectorStores.search(store.id, { query: 'When does the ferry leave?', max_num_results: 1 });
    expect(found.data.map(({ filename }) => filename)).toEqual(['ferry.md']);
    expect(found.data[0]?.content[0]?.text).toContain('noon');
    expect(found.data[0]?.score).toBeGreaterThan(0);
  });

  it('narrows a search by the attributes of files, which can be replaced', async () => {
    const { vectorStores } = face.client();
    const store = await vectorStores.create({});
    const old = await upload('The toll is two coins.', 'old.txt');
    const recent = await upload('The toll is five coins.', 'new.txt');
    await vectorStores.fileBatches.createAndPoll(store.id, {
      files: [
        { file_id: old, attributes: { year: 1980, draft: true } },
        { file_id: recent, attributes: { year: 2020, draft: true } },
      ],
    });
    const names = async (filters: Parameters<typeof vectorStores.search>[1]['filters']) => {
      const { data } = await vectorStores.search(store.id, { query: 'toll', filters });
      return data.map(({ filename }) => filename).sort();
    };
    expect(await names({ type: 'gt', key: 'year', value: 2000 })).toEqual(['new.txt']);
    const either = [
      { type: 'eq' as const, key: 'year', value: 1980 },
      { type: 'eq' as const, key: 'year', value: 2020 },
    ];
    expect(await names({ type: 'or', filters: either })).toEqual(['new.txt', 'old.txt']);
    const updated = await vectorStores.files.update(old, {
      vector_store_id: store.id,
      attributes: { year: 2024 },
    });
    expect(updated.attributes).toEqual({ year: 2024 });
    expect(await names({ type: 'eq', key: 'draft', value: true })).toEqual(['new.txt']);
  });

  it('searches for the telling words of a question where that is asked for, and shows them', async () => {
    const { vectorStores } = face.client();
    const store = await vectorStores.create({});
    await vectorStores.files.uploadAndPoll(store.id, await textFile('The ferry leaves at noon.', 'ferry.txt'));
    const ask = async (rewrite_query: boolean, query: string | string[] = 'When does the ferry leave?') =>
      (await face.send('POST', `/vector_stores/${store.id}/search`, { query, rewrite_query })).body['search_query'];
    expect(await ask(false)).toEqual(['When does the ferry leave?']);
    expect(await ask(true)).toEqual(['ferry leave']);
    expect(await ask(true, ['Is it so?', 'the Ben-Nevis bridge'])).toEqual(['Is it so?', 'Ben-Nevis bridge']);
  });

  it('leaves out what scores less than was asked for, by every ranker', async () => {
    const { vectorStores } = face.client();
    const store = await vectorStores.create({});
    await vectorStores.files.uploadAndPoll(store.id, await textFile('The ferry leaves at noon.', 'ferry.txt'));
    await vectorStores.files.uploadAndPoll(store.id, await textFile('The ferry is red.', 'red.txt'));
    for (const ranker of ['auto', 'default-2024-11-15', 'none'] as const) {
      const names = async (score_threshold: number) => {
        const options = { query: 'ferry noon', ranking_options: { ranker, score_threshold } };
        return (await vectorStores.search(store.id, options)).data.map(({ filename }) => filename);
      };
      expect(await names(0)).toEqual(['ferry.txt', 'red.txt']);
      expect(await names(0.9)).toEqual(['ferry.txt']);
    }
  });

  it('says where a file was looked for in vain', async () => {
    const { vectorStores } = face.client();
    const store = await vectorStores.create({});
    const file_id = await upload('x');
    const message = `404 No file found with id '${file_id}' in vector store '${store.id}'.`;
    const vector_store_id = store.id;
    await expect(vectorStores.files.retrieve(file_id, { vector_store_id })).rejects.toMatchObject({ message });
    await expect(vectorStores.files.delete(file_id, { vector_store_id })).rejects.toMatchObject({ message });
  });

  it('survives hostile files, each of which fails with its reason beside one that is read', async () => {
    const { vectorStores } = face.client();
    const store = await vectorStores.create({});
    const hostile = {
      'packed.zip': zipOf({ 'a.txt': 'hello' }),
      'liar.pdf': Buffer.from('I am no PDF.'),
      'broken.txt': Buffer.from([0x41, 0xff, 0x00, 0xfe, 0x00, 0x42]),
      'empty.txt': Buffer.of(),
    };
    const files = await Promise.all(Object.entries(hostile).map(([name, bytes]) => toFile(bytes, name)));
    files.push(await textFile('The good one.', '../../good.txt'));
    const batch = await vectorStores.fileBatches.uploadAndPoll(store.id, { files }, { pollIntervalMs: 100 });
    expect(batch.file_counts).toMatchObject({ completed: 1, failed: 4, total: 5 });
    const failed = await vectorStores.files.list(store.id, { filter: 'failed' });
    for (const { last_error } of failed.data) {
      expect(last_error?.code).toMatch(/^(invalid|unsupported)_file$/u);
      expect(last_error?.message).not.toBe('');
    }
    const { data } = await vectorStores.search(store.id, { query: 'good' });
    expect(data.map(({ filename }) => filename)).toEqual(['good.txt']);
    expect(face.faults).toEqual([]);
  });

  it('refuses what the original refuses', async () => {
    const { vectorStores } = face.client();
    const store = await vectorStores.create({});
    const file_id = await upload('x');
    const cut = (max: number, overlap: number) => ({
      type: 'static' as const,
      static: { max_chunk_size_tokens: max, chunk_overlap_tokens: overlap },
    });
    const refused = { status: 400 };
    await expect(vectorStores.files.create(store.id, { file_id, chunking_strategy: cut(99, 0) })).rejects.toMatchObject(
      refused,
    );
    await expect(
      vectorStores.files.create(store.id, { file_id, chunking_strategy: cut(100, 51) }),
    ).rejects.toMatchObject(refused);
    await expect(vectorStores.fileBatches.create(store.id, {})).rejects.toMatchObject(refused);
    await expect(
      vectorStores.fileBatches.create(store.id, { file_ids: [file_id], files: [{ file_id }] }),
    ).rejects.toMatchObject(refused);
    await expect(vectorStores.files.create(store.id, { file_id: 'file-1' })).rejects.toMatchObject({ status: 404 });
  });

  it('is hidden from everybody else', async () => {
    const store = await face.client().vectorStores.create({ name: 'mine' });
    const { key } = await face.app.newUser();
    const stranger = face.client({ apiKey: key }).vectorStores;
    expect((await stranger.list()).data).toEqual([]);
    await expect(stranger.retrieve(store.id)).rejects.toMatchObject({ status: 404 });
    await expect(stranger.search(store.id, { query: 'x' })).rejects.toMatchObject({ status: 404 });
    await expect(stranger.delete(store.id)).rejects.toMatchObject({ status: 404 });
  });
});

describe('a vector store that nobody uses', () => {
  it('expires, is searched no more, and lives on with a new expiry', async () => {
    let now = Date.now();
    const later = await startReadingFace({ clock: { now: () => now }, reading: false });
    try {
      const { vectorStores } = later.client();
      const { id } = await vectorStores.create({ expires_after: { anchor: 'last_active_at', days: 1 } });
      now += 86_400_000;
      expect((await vectorStores.retrieve(id)).status).toBe('expired');
      const gone = { status: 400, message: `400 Vector store '${id}' has expired` };
      await expect(vectorStores.search(id, { query: 'x' })).rejects.toMatchObject(gone);
      const file = await later.client().files.create({ file: await textFile('x', 'x.txt'), purpose: 'assistants' });
      await expect(vectorStores.files.create(id, { file_id: file.id })).rejects.toMatchObject(gone);
      await expect(vectorStores.fileBatches.create(id, { file_ids: [file.id] })).rejects.toMatchObject(gone);
      const tool_resources = { file_search: { vector_store_ids: [id] } };
      await expect(later.client().beta.threads.create({ tool_resources })).rejects.toMatchObject(gone);
      await vectorStores.update(id, { expires_after: { anchor: 'last_active_at', days: 2 } });
      expect((await vectorStores.search(id, { query: 'x' })).data).toEqual([]);
    } finally {
      await later.close();
    }
  });
});

describe('a batch', () => {
  it('is cancelled as far as it was not read, and its counts and status agree at every look', async () => {
    const idle = await startReadingFace({ reading: false });
    try {
      const client = idle.client();
      const store = await client.vectorStores.create({});
      const file = await client.files.create({ file: await textFile('x', 'x.txt'), purpose: 'assistants' });
      const batch = await client.vectorStores.fileBatches.create(store.id, { file_ids: [file.id] });
      expect([batch.status, batch.file_counts.in_progress]).toEqual(['in_progress', 1]);
      const cancelled = await client.vectorStores.fileBatches.cancel(batch.id, { vector_store_id: store.id });
      expect([cancelled.status, cancelled.file_counts.cancelled]).toEqual(['cancelled', 1]);
      const polled = await client.vectorStores.files.poll(store.id, file.id);
      expect(polled.status).toBe('failed');
    } finally {
      await idle.close();
    }
  });
});
