import type OpenAI from 'openai';
import { toFile } from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import { decide } from '../../../src/providers/demo/decide.js';
import type { ModelRequest } from '../../../src/providers/provider.js';
import type { ScriptedReply } from '../../../src/providers/scripted.js';
import { docxOf, pdfOf } from '../../support/documents.js';
import { startReadingFace, type ReadingFace } from '../../support/reading-face.js';

let face: ReadingFace;

afterEach(() => face.close());

interface Found {
  file_name: string;
  cite_as: string;
}

/** Searches once, then says a sentence for each file with its marker behind it. */
function searchThenCite(request: ModelRequest): ScriptedReply {
  const last = request.messages.at(-1);
  if (last?.role !== 'tool') return { calls: [{ name: 'file_search', arguments: { query: 'harbour' } }] };
  const { results } = JSON.parse(last.text) as { results: Found[] };
  const byFile = new Map(results.map((result) => [result.file_name, result]));
  const sentences = [...byFile.values()].map(({ file_name, cite_as }) => `🙂 See ${file_name}${cite_as}.`);
  return { text: `${sentences.join(' ')} [no marker] 【9:9†source】`, deltaChars: 3 };
}

async function threeFiles(client: OpenAI): Promise<Map<string, string>> {
  const files = [
    await toFile(pdfOf(['The harbour was dug in 1901.']), 'dug.pdf'),
    await toFile(docxOf(['The harbour master is called Ines.']), 'master.docx'),
    await toFile(Buffer.from('# Harbour\n\nThe harbour closes at ten.'), 'hours.md'),
  ];
  const made = await Promise.all(files.map((file) => client.files.create({ file, purpose: 'assistants' })));
  return new Map(made.map(({ id, filename }) => [id, filename]));
}

async function assistantWith(client: OpenAI, names: Map<string, string>): Promise<string> {
  const store = await client.vectorStores.create({});
  await client.vectorStores.fileBatches.createAndPoll(store.id, { file_ids: [...names.keys()] });
  const assistant = await client.beta.assistants.create({
    model: 'm',
    tools: [{ type: 'file_search', file_search: { max_num_results: 10 } }],
    tool_resources: { file_search: { vector_store_ids: [store.id] } },
  });
  expect(assistant.tool_resources).toEqual({ file_search: { vector_store_ids: [store.id] } });
  return assistant.id;
}

function textOf(message: OpenAI.Beta.Threads.Message | undefined): OpenAI.Beta.Threads.Text {
  const [part] = message?.content ?? [];
  if (part?.type !== 'text') throw new Error('The message has no text.');
  return part.text;
}

/** Every annotation cuts its marker out of the text, counted in code points, and names the file that is spoken of. */
function expectCitations({ value, annotations }: OpenAI.Beta.Threads.Text, names: Map<string, string>): void {
  const points = Array.from(value);
  for (const annotation of annotations) {
    if (annotation.type !== 'file_citation') throw new Error(`An annotation is a ${annotation.type}.`);
    const { start_index, end_index, text, file_citation } = annotation;
    expect(points.slice(start_index, end_index).join('')).toBe(text);
    expect(text).toMatch(/^【\d+:\d+†source】$/u);
    const name = names.get(file_citation.file_id) ?? 'no file';
    expect(points.slice(0, start_index).join('').endsWith(name)).toBe(true);
  }
  expect(annotations).toHaveLength(names.size);
}

describe('a run that searches files', () => {
  it('answers from a PDF, a DOCX and a Markdown file with exact citations, polled', async () => {
    face = await startReadingFace({ script: searchThenCite });
    const client = face.client();
    const names = await threeFiles(client);
    const assistant_id = await assistantWith(client, names);
    const thread = await client.beta.threads.create({ messages: [{ role: 'user', content: 'And the harbour?' }] });
    const run = await client.beta.threads.runs.createAndPoll(thread.id, { assistant_id });
    expect(run.status).toBe('completed');
    const { data } = await client.beta.threads.messages.list(thread.id);
    expectCitations(textOf(data[0]), names);
  });

  it('streams each marker in one piece with its annotation, and the same message in the end', async () => {
    face = await startReadingFace({ script: searchThenCite });
    const client = face.client();
    const names = await threeFiles(client);
    const assistant_id = await assistantWith(client, names);
    const thread = await client.beta.threads.create({ messages: [{ role: 'user', content: 'And the harbour?' }] });
    const stream = client.beta.threads.runs.stream(thread.id, { assistant_id });
    const deltas: OpenAI.Beta.Threads.TextDelta[] = [];
    const searches: string[] = [];
    stream.on('textDelta', (delta) => void deltas.push(structuredClone(delta)));
    stream.on('toolCallCreated', (call) => void searches.push(call.type));
    const [message] = await stream.finalMessages();
    const text = textOf(message);
    expectCitations(text, names);
    expect(searches).toEqual(['file_search']);
    expect(deltas.map(({ value }) => value).join('')).toBe(text.value);
    const noted = deltas.filter(({ annotations }) => (annotations ?? []).length > 0);
    expect(noted.map(({ value, annotations }) => [value, annotations?.map((one) => one.index)])).toEqual(
      text.annotations.map((annotation, index) => [annotation.text, [index]]),
    );
    const stored = await client.beta.threads.messages.retrieve(message?.id ?? '', { thread_id: thread.id });
    expect(text).toMatchObject(textOf(stored));
  });

  it('shows what it found as a step, with its text only where that is asked for', async () => {
    face = await startReadingFace({ script: searchThenCite });
    const client = face.client();
    const names = await threeFiles(client);
    const assistant_id = await assistantWith(client, names);
    const run = await client.beta.threads.createAndRunPoll({ assistant_id, thread: { messages: [] } });
    const { steps } = client.beta.threads.runs;
    const read = async (include?: 'step_details.tool_calls[*].file_search.results[*].content'[]) => {
      const { data } = await steps.list(run.id, { thread_id: run.thread_id, order: 'asc', include });
      const details = data[0]?.step_details;
      const call = details?.type === 'tool_calls' ? details.tool_calls[0] : undefined;
      if (call?.type !== 'file_search') throw new Error('The first step is no search of files.');
      return call.file_search.results ?? [];
    };
    const bare = await read();
    expect(new Set(bare.map(({ file_id }) => file_id))).toEqual(new Set(names.keys()));
    expect(bare.every(({ score, content }) => score >= 0 && score <= 1 && content === undefined)).toBe(true);
    const whole = await read(['step_details.tool_calls[*].file_search.results[*].content']);
    expect(whole.map(({ content }) => content?.[0]?.text).join(' ')).toContain('closes at ten');
  });

  it('reads what is attached to a message, waiting until it has been read', async () => {
    face = await startReadingFace({ script: searchThenCite });
    const client = face.client();
    const file = await client.files.create({
      file: await toFile(Buffer.from('The harbour is deep.'), 'deep.txt'),
      purpose: 'assistants',
    });
    const { id: assistant_id } = await client.beta.assistants.create({ model: 'm', tools: [{ type: 'file_search' }] });
    const attachments = [{ file_id: file.id, tools: [{ type: 'file_search' as const }] }];
    const run = await client.beta.threads.createAndRunPoll({
      assistant_id,
      thread: { messages: [{ role: 'user', content: 'How deep is the harbour?', attachments }] },
    });
    expect(run.status).toBe('completed');
    const { data } = await client.beta.threads.messages.list(run.thread_id);
    expectCitations(textOf(data[0]), new Map([[file.id, 'deep.txt']]));
    expect(data[1]?.attachments).toEqual(attachments);
    const thread = await client.beta.threads.retrieve(run.thread_id);
    const [storeId] = thread.tool_resources?.file_search?.vector_store_ids ?? [];
    const store = await client.vectorStores.retrieve(storeId ?? '');
    expect(store).toMatchObject({ expires_after: { anchor: 'last_active_at', days: 7 }, file_counts: { total: 1 } });
  });

  it('cites through the speaking tool of an agent of the heartbeat protocol, streamed and stored', async () => {
    const speak = (request: ModelRequest): ScriptedReply => {
      const results = request.messages.flatMap((message) => (message.role === 'tool' ? [message.text] : []));
      const result = /【\d+:0†source】/u.exec(results.join(' '))?.[0];
      if (result === undefined) {
        return { calls: [{ name: 'file_search', arguments: { query: 'harbour', request_heartbeat: true } }] };
      }
      const message = `The files say so in hours.md${result}.`;
      return { calls: [{ name: 'send_message', arguments: { message } }], deltaChars: 2 };
    };
    face = await startReadingFace({ script: speak });
    const client = face.client();
    const file = await client.files.create({
      file: await toFile(Buffer.from('The harbour closes at ten.'), 'hours.md'),
      purpose: 'assistants',
    });
    const store = await client.vectorStores.create({});
    await client.vectorStores.files.createAndPoll(store.id, { file_id: file.id });
    const agent = await face.app.room.newAgent({ protocol: 'heartbeat' });
    await client.beta.assistants.update(agent.id, {
      tools: [{ type: 'file_search' }],
      tool_resources: { file_search: { vector_store_ids: [store.id] } },
    });
    const thread = await client.beta.threads.create({ messages: [{ role: 'user', content: 'When?' }] });
    const stream = client.beta.threads.runs.stream(thread.id, { assistant_id: agent.id });
    const [message] = await stream.finalMessages();
    const names = new Map([[file.id, 'hours.md']]);
    expectCitations(textOf(message), names);
    const { data } = await client.beta.threads.messages.list(thread.id);
    expectCitations(textOf(data[0]), names);
  });

  it('marks what two searches of one reply found in different ways', async () => {
    const searchTwice = (request: ModelRequest): ScriptedReply => {
      const results = request.messages.flatMap((message) => (message.role === 'tool' ? [message.text] : []));
      const queries = ['harbour', 'harbour master'];
      if (results.length === 0) {
        return { calls: queries.map((query) => ({ name: 'file_search', arguments: { query } })) };
      }
      return { text: results.flatMap((text) => text.match(/【\d+:\d+†source】/gu) ?? []).join(' ') };
    };
    face = await startReadingFace({ script: searchTwice });
    const client = face.client();
    const assistant_id = await assistantWith(client, await threeFiles(client));
    const run = await client.beta.threads.createAndRunPoll({ assistant_id, thread: { messages: [] } });
    const { data } = await client.beta.threads.messages.list(run.thread_id);
    const marks = textOf(data[0]).annotations.map(({ text }) => text);
    expect(marks).toHaveLength(6);
    expect(new Set(marks).size).toBe(6);
  });

  it('is not offered the search where there are no files', async () => {
    face = await startReadingFace({ script: ['Nothing to search.'] });
    const client = face.client();
    const { id: assistant_id } = await client.beta.assistants.create({ model: 'm', tools: [{ type: 'file_search' }] });
    await client.beta.threads.createAndRunPoll({
      assistant_id,
      thread: { messages: [{ role: 'user', content: 'x' }] },
    });
    const [request] = face.app.room.provider.requests;
    expect(request?.tools.map(({ name }) => name)).not.toContain('file_search');
  });

  it('is cited by the stand-in, too', async () => {
    face = await startReadingFace({ script: (request) => decide(request) });
    const client = face.client();
    const names = await threeFiles(client);
    const assistant_id = await assistantWith(client, names);
    const run = await client.beta.threads.createAndRunPoll({
      assistant_id,
      thread: { messages: [{ role: 'user', content: 'When does the harbour close?' }] },
    });
    const { data } = await client.beta.threads.messages.list(run.thread_id);
    const { value, annotations } = textOf(data[0]);
    expect(value).toContain('The harbour closes at ten');
    const [citation] = annotations;
    if (citation?.type !== 'file_citation') throw new Error('The stand-in cites nothing.');
    expect(value.slice(citation.start_index, citation.end_index)).toBe(citation.text);
    expect(names.get(citation.file_citation.file_id)).toBe('hours.md');
  });
});

describe('a thread', () => {
  it('is given stores of its own, made along with it or named later, and shows them', async () => {
    face = await startReadingFace();
    const client = face.client();
    const names = await threeFiles(client);
    const [fileId = ''] = names.keys();
    const thread = await client.beta.threads.create({
      tool_resources: {
        file_search: { vector_stores: [{ file_ids: [fileId] }] },
        code_interpreter: { file_ids: [fileId] },
      },
    });
    const [first = ''] = thread.tool_resources?.file_search?.vector_store_ids ?? [];
    expect((await client.vectorStores.retrieve(first)).file_counts.total).toBe(1);
    expect(thread.tool_resources?.code_interpreter?.file_ids).toEqual([fileId]);
    const other = await client.vectorStores.create({});
    const changed = await client.beta.threads.update(thread.id, {
      tool_resources: { file_search: { vector_store_ids: [other.id] } },
    });
    expect(changed.tool_resources).toEqual({
      code_interpreter: { file_ids: [fileId] },
      file_search: { vector_store_ids: [other.id] },
    });
  });

  it('made with a run keeps its own resources beside those of the run, which win where both name one tool', async () => {
    face = await startReadingFace();
    const client = face.client();
    const [fileId = ''] = (await threeFiles(client)).keys();
    const { id: assistant_id } = await client.beta.assistants.create({ model: 'm', tools: [{ type: 'file_search' }] });
    const [one, other] = [await client.vectorStores.create({}), await client.vectorStores.create({})];
    const search = (id: string) => ({ file_search: { vector_store_ids: [id] } });
    const code = { code_interpreter: { file_ids: [fileId] } };
    const made = async (ofThread: object, ofRun: object) => {
      const thread = { messages: [{ role: 'user' as const, content: 'x' }], tool_resources: ofThread };
      const run = await client.beta.threads.createAndRunPoll({ assistant_id, thread, tool_resources: ofRun });
      return (await client.beta.threads.retrieve(run.thread_id)).tool_resources;
    };
    expect(await made(search(one.id), code)).toEqual({ ...search(one.id), ...code });
    expect(await made(search(one.id), {})).toMatchObject(search(one.id));
    expect(await made({ ...search(one.id), ...code }, search(other.id))).toEqual({ ...search(other.id), ...code });
  });
});
