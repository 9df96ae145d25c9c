import { createHash } from 'node:crypto';
import { readdirSync, statSync, utimesSync } from 'node:fs';
import { request, type ClientRequest } from 'node:http';
import { join } from 'node:path';
import OpenAI, { toFile } from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import { limits } from '../../src/domain/limits.js';
import {
  createMachine,
  serverPassword,
  startServer,
  type Machine,
  type ServerProcess,
} from '../support/server-process.js';
import { wholeProgram } from '../cli/command-line.js';

const storyMs = 120_000;
let machine: Machine | null = null;
afterEach(() => machine?.finish());

const clientOf = (server: ServerProcess): OpenAI =>
  new OpenAI({ apiKey: serverPassword, baseURL: `${server.url}/v1`, maxRetries: 0 });

const boundary = 'the-edge';
const fieldOf = (name: string, value: string): string =>
  `--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
const fileHead = (field: string): string =>
  `--${boundary}\r\ncontent-disposition: form-data; name="${field}"; filename="half.txt"\r\n\r\n`;

/** Begins to send a form and never ends it. */
function sendHalf(server: ServerProcess, path: string, beginning: string): ClientRequest {
  const sender = request(`${server.url}${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${serverPassword}`,
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'content-length': String(beginning.length * 2),
    },
  });
  // The server will be killed: that the line breaks is no news.
  sender.on('error', () => undefined);
  sender.write(beginning);
  return sender;
}

/** Files that have been received in part, or in whole and are not kept yet. */
function incoming({ home }: Machine): string[] {
  const folder = join(home, 'files', 'incoming');
  try {
    return readdirSync(folder).map((name) => join(folder, name));
  } catch {
    return [];
  }
}

/** Makes files look as if nobody had written to them for longer than any transfer may take. */
function age(paths: readonly string[]): void {
  const then = (Date.now() - limits.stagedMs - 60_000) / 1_000;
  for (const path of paths) utimesSync(path, then, then);
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const contentOf = async (client: OpenAI, id: string): Promise<Buffer> =>
  Buffer.from(await (await client.files.content(id)).arrayBuffer());

describe('a file that is being sent when the server is killed', wholeProgram, () => {
  it('leaves no file, and in the end no bytes, and can be sent again', { timeout: storyMs }, async () => {
    const here = (machine = createMachine());
    const first = await startServer(here);
    const known = await clientOf(first).files.create({
      file: await toFile(Buffer.from('acknowledged'), 'known.txt'),
      purpose: 'assistants',
    });
    const head = fieldOf('purpose', 'assistants') + fileHead('file');
    sendHalf(first, '/v1/files', head + 'x'.repeat(500_000));
    await until(() => incoming(here).some((path) => statSync(path).size > 100_000));
    await first.kill();
    const left = incoming(here);
    expect(left).toHaveLength(1);
    age(left);

    const client = clientOf(await startServer(here));
    await until(() => incoming(here).length === 0);
    expect((await client.files.list()).data).toEqual([known]);
    expect((await contentOf(client, known.id)).toString()).toBe('acknowledged');
    const file = await toFile(Buffer.from('x'.repeat(1_000_000)), 'half.txt');
    expect((await client.files.create({ file, purpose: 'assistants' })).bytes).toBe(1_000_000);
  });
});

describe('an upload in parts', wholeProgram, () => {
  const parts = [Buffer.alloc(12_000_000, 'first '), Buffer.alloc(12_000_000, 'second ')];
  const whole = Buffer.concat(parts);

  it(
    'goes on where the server was killed within a part, and while it was completed',
    { timeout: storyMs },
    async () => {
      const here = (machine = createMachine());
      const first = await startServer(here);
      const client = clientOf(first);
      const { id } = await client.uploads.create({
        filename: 'whole.txt',
        purpose: 'assistants',
        bytes: whole.length,
        mime_type: 'text/plain',
      });
      const send = async (to: OpenAI, bytes: Buffer): Promise<string> =>
        (await to.uploads.parts.create(id, { data: await toFile(bytes, 'part') })).id;
      const one = await send(client, parts[0] ?? Buffer.of());
      sendHalf(first, `/v1/uploads/${id}/parts`, fileHead('data') + 'second '.repeat(20_000));
      await until(() => incoming(here).some((path) => statSync(path).size > 100_000));
      await first.kill();

      const second = await startServer(here);
      age(incoming(here));
      const two = await send(clientOf(second), parts[1] ?? Buffer.of());
      const completing = clientOf(second)
        .uploads.complete(id, { part_ids: [one, two] })
        .catch(() => null);
      await until(() => incoming(here).length > 1);
      await second.kill();
      expect(await completing).toBeNull();

      const third = clientOf(await startServer(here));
      expect((await third.files.list()).data).toEqual([]);
      const { file } = await third.uploads.complete(id, { part_ids: [one, two] });
      expect((await third.files.list()).data).toEqual([file]);
      expect(sha256(await contentOf(third, file?.id ?? ''))).toBe(sha256(whole));
      await expect(third.uploads.parts.create(id, { data: await toFile(Buffer.of(1), 'x') })).rejects.toMatchObject({
        status: 400,
      });
    },
  );
});

describe('a batch of files that is being read when the server is killed', wholeProgram, () => {
  it('is read to its end by the next server, every file once', { timeout: storyMs }, async () => {
    const here = (machine = createMachine());
    const first = await startServer(here);
    const { vectorStores, files } = clientOf(first);
    const store = await vectorStores.create({});
    const made = await Promise.all(
      Array.from({ length: 6 }, async (_none, index) => {
        const lines = Array.from({ length: 500 }, (_line, day) => `On day ${day} the buoy b${index} was at ${day}.`);
        return files.create({
          file: await toFile(Buffer.from(lines.join(' ')), `b${index}.txt`),
          purpose: 'assistants',
        });
      }),
    );
    const batch = await vectorStores.fileBatches.create(store.id, { file_ids: made.map((file) => file.id) });
    const look = (client: OpenAI) => client.vectorStores.fileBatches.retrieve(batch.id, { vector_store_id: store.id });
    await until(async () => (await look(clientOf(first))).file_counts.completed > 1);
    await first.kill();

    const client = clientOf(await startServer(here));
    await until(async () => (await look(client)).status !== 'in_progress');
    expect((await look(client)).file_counts).toEqual({
      in_progress: 0,
      completed: 6,
      failed: 0,
      cancelled: 0,
      total: 6,
    });
    for (const { id } of made) {
      const { data } = await client.vectorStores.files.content(id, { vector_store_id: store.id });
      const days = data
        .map(({ text }) => text ?? '')
        .join(' ')
        .match(/On day 499 /gu);
      expect(days).toHaveLength(1);
    }
    const { data } = await client.vectorStores.search(store.id, { query: 'buoy b5', max_num_results: 1 });
    expect(data[0]?.filename).toBe('b5.txt');
  });
});
