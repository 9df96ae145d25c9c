import { afterEach, describe, expect, it } from 'vitest';
import { toFile } from 'openai';
import type OpenAI from 'openai';
import { ProviderError } from '../../../src/providers/provider.js';
import { startFace, type OpenaiFace } from '../../support/openai-face.js';

const png = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
const kinds: [string, Buffer][] = [
  ['image/png', png],
  ['image/jpeg', Buffer.from('ffd8ffe000104a464946', 'hex')],
  ['image/gif', Buffer.from('GIF89a……', 'latin1')],
  ['image/webp', Buffer.from('RIFF\x10\x00\x00\x00WEBPVP8 ', 'latin1')],
];
const hidden = { type: 'text', text: '[an image that cannot be shown here]' };

let face: OpenaiFace;
let client: OpenAI;
afterEach(() => face.close());

async function open(replies: number): Promise<void> {
  face = await startFace({ script: Array.from({ length: replies }, () => 'I see.') });
  client = face.client();
}

const upload = async (bytes: Buffer, name = 'picture'): Promise<string> =>
  (await client.files.create({ file: await toFile(bytes, name), purpose: 'vision' })).id;

const show = (fileId: string, detail: 'auto' | 'low' | 'high' = 'auto') =>
  ({ type: 'image_file', image_file: { file_id: fileId, detail } }) as const;

/** Asks about images in a thread of its own or one that is there; returns the thread. */
async function ask(content: OpenAI.Beta.Threads.MessageCreateParams['content'], threadId?: string): Promise<string> {
  const { id: assistant_id } = await client.beta.assistants.create({ model: 'scripted' });
  const id = threadId ?? (await client.beta.threads.create()).id;
  await client.beta.threads.messages.create(id, { role: 'user', content });
  const run = await client.beta.threads.runs.createAndPoll(id, { assistant_id }, { pollIntervalMs: 20 });
  expect(run.status).toBe('completed');
  return id;
}

/** What the model was shown of what users said, message by message. */
const shown = (index: number) =>
  (face.app.room.provider.requests[index]?.messages ?? []).flatMap((message) =>
    message.role === 'user' ? [message.parts] : [],
  );

describe('an image in a file', () => {
  it('is shown to the model at its place, with the detail that was asked for, in every later run too', async () => {
    await open(2);
    const fileId = await upload(png);
    const threadId = await ask([{ type: 'text', text: 'Look:' }, show(fileId, 'low'), { type: 'text', text: 'Well?' }]);
    const url = `data:image/png;base64,${png.toString('base64')}`;
    const said = [
      { type: 'text', text: 'Look:' },
      { type: 'image', url, detail: 'low' },
      { type: 'text', text: 'Well?' },
    ];
    expect(shown(0)).toEqual([said]);
    await ask('And again?', threadId);
    expect(shown(1)).toEqual([said, [{ type: 'text', text: 'And again?' }]]);
  });

  it('is known by its bytes, whatever it is called', async () => {
    await open(1);
    const fileIds = await Promise.all(kinds.map(([, bytes]) => upload(bytes, 'notes.txt')));
    await ask(fileIds.map((fileId) => show(fileId)));
    const urls = shown(0)[0]?.map((part) => (part.type === 'image' ? part.url.split(';')[0] : part.type));
    expect(urls).toEqual(kinds.map(([type]) => `data:${type}`));
  });

  it('is told of in words where it is none, or is gone', async () => {
    await open(2);
    const [text, lost] = [await upload(Buffer.from('A text.'), 'picture.png'), await upload(png)];
    const threadId = await ask([{ type: 'text', text: 'Look:' }, show(text), show(lost)]);
    expect(shown(0)[0]?.slice(1)).toEqual([hidden, expect.objectContaining({ type: 'image' })]);
    await client.files.delete(lost);
    await ask('And now?', threadId);
    expect(shown(1)[0]?.slice(1)).toEqual([hidden, hidden]);
  });

  it('gives way to newer ones where all together are too large, and is never larger than twenty megabytes', async () => {
    await open(1);
    const sized = (megabytes: number) =>
      upload(Buffer.concat([png, Buffer.alloc(megabytes * 1024 * 1024 - png.length)]));
    const [older, newer, newest, giant] = [await sized(10), await sized(11), await sized(20), await sized(21)];
    await ask([show(older), show(newer), show(newest), show(giant)]);
    expect(shown(0)[0]?.map((part) => part.type)).toEqual(['text', 'image', 'image', 'text']);
  });

  it.each([
    'Invalid content type. image_url is only supported by certain models.',
    'small is not a multimodal model',
    'At most 0 image(s) may be provided in one request.',
    'Model does not support images. Please use a model that does.',
    'Image input is not enabled for this model',
    'messages[0]: unknown variant `image_url`, expected `text`',
  ])('is told of in words to a model that cannot see: %s', async (message) => {
    face = await startFace({
      script: ({ messages }) =>
        messages.some(({ role, ...rest }) => role === 'user' && JSON.stringify(rest).includes('"image"'))
          ? { error: new ProviderError('model_refused', message) }
          : 'I see nothing.',
    });
    client = face.client();
    const linked = { type: 'image_url', image_url: { url: 'https://example.com/a.png' } } as const;
    await ask([{ type: 'text', text: 'Look:' }, show(await upload(png)), linked]);
    expect(shown(1)).toEqual([[{ type: 'text', text: 'Look:' }, hidden, hidden]]);
  });

  it('fails the run where the model refuses that one image', async () => {
    const error = new ProviderError('model_refused', 'The image is broken: this format does not support image types.');
    face = await startFace({ script: () => ({ error }) });
    client = face.client();
    const { id: assistant_id } = await client.beta.assistants.create({ model: 'scripted' });
    const messages = [{ role: 'user' as const, content: [show(await upload(png))] }];
    const run = await client.beta.threads.createAndRunPoll({ assistant_id, thread: { messages } });
    expect([run.status, run.last_error?.code]).toEqual(['failed', 'invalid_prompt']);
    expect(face.app.room.provider.requests).toHaveLength(1);
  });
});
