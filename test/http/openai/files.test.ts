import { createHash } from 'node:crypto';
import { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFace, type OpenaiFace } from '../../support/openai-face.js';

let face: OpenaiFace;

beforeAll(async () => {
  face = await startFace();
});

afterAll(() => face.close());

const text = 'The warranty lasts three years.\n';

async function upload(name = 'warranty.txt', content: string | Uint8Array = text) {
  return face.client().files.create({ file: await toFile(Buffer.from(content), name), purpose: 'assistants' });
}

describe('files', () => {
  it('are uploaded, read, listed by purpose and deleted with the official client', async () => {
    const client = face.client();
    const made = await upload();
    expect(made).toMatchObject({ object: 'file', bytes: text.length, filename: 'warranty.txt', status: 'processed' });
    expect(made.id).toMatch(/^file-\w+$/u);
    expect(await client.files.retrieve(made.id)).toEqual(made);
    expect((await client.files.waitForProcessing(made.id)).id).toBe(made.id);
    const other = await client.files.create({ file: await toFile(Buffer.from('{}'), 'a.jsonl'), purpose: 'batch' });
    const listed = await client.files.list({ purpose: 'assistants' });
    expect(listed.data.map(({ id }) => id)).toContain(made.id);
    expect(listed.data.map(({ id }) => id)).not.toContain(other.id);
    expect(await client.files.delete(made.id)).toEqual({ id: made.id, object: 'file', deleted: true });
    const gone = await face.send('GET', `/files/${made.id}`);
    expect([gone.status, gone.body.error?.message]).toEqual([404, `No such File object: ${made.id}`]);
  });

  it('give back their bytes unchanged under their name, whatever they are', async () => {
    const bytes = Uint8Array.from({ length: 300_000 }, (_value, index) => (index * 7) % 256);
    const made = await upload('täst;1.bin', bytes);
    const response = await face.client().files.content(made.id);
    expect(Buffer.from(await response.arrayBuffer()).equals(Buffer.from(bytes))).toBe(true);
    expect(response.headers.get('content-disposition')).toBe(
      `attachment; filename="t_st;1.bin"; filename*=UTF-8''t%C3%A4st%3B1.bin`,
    );
  });

  it('take the purpose before or behind the file, and an expiry', async () => {
    const send = async (parts: [string, string | Blob][]) => {
      const form = new FormData();
      for (const [name, value] of parts) {
        if (typeof value === 'string') form.append(name, value);
        else form.append(name, value, 'a.txt');
      }
      const response = await face.watch.fetch(`${face.baseUrl}/files`, {
        method: 'POST',
        headers: { authorization: `Bearer ${face.client().apiKey}` },
        body: form,
      });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    };
    const file = new Blob(['x']);
    const expiry: [string, string][] = [
      ['expires_after[anchor]', 'created_at'],
      ['expires_after[seconds]', '3600'],
    ];
    const first = await send([['purpose', 'assistants'], ['file', file], ...expiry]);
    const second = await send([...expiry, ['file', file], ['purpose', 'assistants']]);
    for (const { status, body } of [first, second]) {
      expect(status).toBe(200);
      expect(Number(body['expires_at']) - Number(body['created_at'])).toBe(3_600);
    }
    const none = await send([['file', file]]);
    expect([none.status, (none.body['error'] as Record<string, unknown>)['message']]).toEqual([
      400,
      "Missing required parameter: 'purpose'.",
    ]);
    const bare = await send([['purpose', 'assistants']]);
    expect([bare.status, (bare.body['error'] as Record<string, unknown>)['param']]).toEqual([400, 'file']);
  });

  it('are hidden from everybody else', async () => {
    const made = await upload();
    const { key } = await face.app.newUser();
    const stranger = face.client({ apiKey: key });
    expect((await stranger.files.list()).data).toEqual([]);
    await expect(stranger.files.retrieve(made.id)).rejects.toMatchObject({ status: 404 });
    await expect(stranger.files.content(made.id)).rejects.toMatchObject({ status: 404 });
    await expect(stranger.files.delete(made.id)).rejects.toMatchObject({ status: 404 });
  });

  it('lose any path in their name', async () => {
    const form = new FormData();
    form.append('purpose', 'assistants');
    form.append('file', new Blob(['x']), '../../etc/passwd');
    const response = await face.watch.fetch(`${face.baseUrl}/files`, {
      method: 'POST',
      headers: { authorization: `Bearer ${face.client().apiKey}` },
      body: form,
    });
    expect(((await response.json()) as { filename: string }).filename).toBe('passwd');
  });

  it('are refused in another form than multipart', async () => {
    const answer = await face.send('POST', '/files', { purpose: 'assistants' });
    expect([answer.status, answer.body.error?.message]).toEqual([400, 'The body must be sent as multipart/form-data.']);
  });

  it('are each made anew when the client tries again', async () => {
    const client = face.client({ defaultHeaders: { 'x-stainless-retry-count': '1' } });
    const make = async (content: string) =>
      client.files.create({ file: await toFile(Buffer.from(content), 'a.txt'), purpose: 'assistants' });
    const [one, two] = [await make('one'), await make('four')];
    expect([one.bytes, two.bytes]).toEqual([3, 4]);
  });
});

describe('uploads', () => {
  const halves = ['first half, ', 'second half'];
  const whole = halves.join('');
  const begin = (bytes = whole.length) =>
    face.client().uploads.create({ filename: 'big.txt', purpose: 'assistants', bytes, mime_type: 'text/plain' });
  const addParts = async (id: string, texts: string[]) => {
    const { parts } = face.client().uploads;
    return Promise.all(texts.map(async (each) => parts.create(id, { data: await toFile(Buffer.from(each), 'part') })));
  };

  it('make one file of parts that came in any order, with the MD5 of the whole', async () => {
    const client = face.client();
    const { id } = await begin();
    const [second, first] = await addParts(id, halves.toReversed());
    const part_ids = [first?.id ?? '', second?.id ?? ''];
    const md5 = createHash('md5').update(whole).digest('hex');
    const done = await client.uploads.complete(id, { part_ids, md5 });
    expect(done).toMatchObject({ status: 'completed', file: { filename: 'big.txt', bytes: whole.length } });
    expect(await (await client.files.content(done.file?.id ?? '')).text()).toBe(whole);
    const listed = await client.files.list();
    expect(listed.data.some((file) => part_ids.includes(file.id))).toBe(false);
    await expect(client.uploads.complete(id, { part_ids })).rejects.toMatchObject({ status: 400 });
  });

  it('stay open where the size or the MD5 is another than was told', async () => {
    const client = face.client();
    const { id } = await begin();
    const parts = await addParts(id, halves);
    const part_ids = parts.map((part) => part.id);
    await expect(client.uploads.complete(id, { part_ids: part_ids.slice(0, 1) })).rejects.toMatchObject({
      status: 400,
      param: 'part_ids',
    });
    await expect(client.uploads.complete(id, { part_ids, md5: '0'.repeat(32) })).rejects.toMatchObject({
      status: 400,
      param: 'md5',
    });
    expect((await client.uploads.complete(id, { part_ids })).status).toBe('completed');
  });

  it('take no more parts once they are cancelled', async () => {
    const client = face.client();
    const { id } = await begin();
    expect((await client.uploads.cancel(id)).status).toBe('cancelled');
    await expect(addParts(id, ['x'])).rejects.toMatchObject({ status: 400 });
    await expect(client.uploads.cancel(id)).rejects.toMatchObject({ status: 400 });
  });

  it('expire after an hour, and take and make nothing any more', async () => {
    let now = Date.now();
    const later = await startFace({ clock: { now: () => now } });
    try {
      const { uploads } = later.client();
      const upload = await uploads.create({ filename: 'a', purpose: 'assistants', bytes: 1, mime_type: 'text/plain' });
      expect(upload.expires_at - upload.created_at).toBe(3_600);
      const part = await uploads.parts.create(upload.id, { data: await toFile(Buffer.from('x'), 'part') });
      now += 3_600_001;
      const refused = { status: 400, message: '400 This upload is expired.' };
      await expect(uploads.complete(upload.id, { part_ids: [part.id] })).rejects.toMatchObject(refused);
      await expect(uploads.cancel(upload.id)).rejects.toMatchObject(refused);
    } finally {
      await later.close();
    }
  });

  it('are refused where the whole would be larger than a file may be', async () => {
    await expect(begin(600 * 1024 * 1024)).rejects.toMatchObject({ status: 400, param: 'bytes' });
  });

  it('take no part of another upload', async () => {
    const [one, two] = [await begin(1), await begin(1)];
    const [part] = await addParts(one.id, ['x']);
    await expect(face.client().uploads.complete(two.id, { part_ids: [part?.id ?? ''] })).rejects.toMatchObject({
      status: 404,
    });
  });
});
