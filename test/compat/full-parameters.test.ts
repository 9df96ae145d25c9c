import type OpenAI from 'openai';
import { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serveHouse, type ServedHouse } from './house.js';

let house: ServedHouse;
let client: OpenAI;
let fileId: string;
beforeAll(async () => {
  house = await serveHouse(null);
  client = house.client();
  const file = await toFile(Buffer.from('The ferry leaves.'), 'ferry.txt');
  fileId = (await client.files.create({ file, purpose: 'assistants' })).id;
});
afterAll(() => house.close());

const codeTools = [{ type: 'code_interpreter' }, { type: 'code_interpreter' }] as const;

/** All that a run may be told besides whom it asks, in the words of a release of the client. */
interface Era {
  assistant: object;
  run: object;
  message: () => object;
}

const settings = { temperature: 1, top_p: 1, metadata: { foo: 'bar' } };
const budgets = { max_completion_tokens: 256, max_prompt_tokens: 256, tool_choice: 'none', tools: codeTools };
const eras: [string, Era][] = [
  [
    'the first version, November 2023',
    {
      assistant: { tools: [{ type: 'retrieval' }, { type: 'code_interpreter' }], metadata: {} },
      run: { instructions: 'Be brief.', model: 'gpt-4-turbo', tools: codeTools, metadata: {} },
      message: () => ({ file_ids: [fileId] }),
    },
  ],
  [
    'the second version in its first weeks, April 2024',
    {
      assistant: { ...settings, response_format: 'none', tools: codeTools },
      run: {
        ...settings,
        ...budgets,
        response_format: 'none',
        truncation_strategy: { type: 'auto', last_messages: 1 },
      },
      message: () => ({ attachments: [{ file_id: fileId, add_to: ['file_search', 'code_interpreter'] }] }),
    },
  ],
  [
    'the second version in its last months, 2026',
    {
      assistant: { ...settings, response_format: 'auto', reasoning_effort: 'none', tools: codeTools },
      run: {
        ...settings,
        ...budgets,
        additional_instructions: 'More.',
        parallel_tool_calls: true,
        reasoning_effort: 'none',
        response_format: 'auto',
        truncation_strategy: { type: 'auto', last_messages: 1 },
      },
      message: () => ({ attachments: [{ file_id: fileId, tools: [{ type: 'code_interpreter' }] }] }),
    },
  ],
];

describe.each(eras)('every parameter of %s', (_name, { assistant, run, message }) => {
  it('is taken, and the run comes to its end', async () => {
    const { assistants, threads } = client.beta;
    const { id: assistant_id, response_format } = await assistants.create({ model: 'gpt-4o', ...assistant });
    expect(response_format).toBe('auto');
    const said = { role: 'user' as const, content: 'Hello', ...message() };
    const { id: threadId } = await threads.create({ messages: [said, said] });
    const [first] = (await threads.messages.list(threadId)).data;
    expect(first?.attachments?.[0]?.file_id).toBe(fileId);
    const done = await threads.runs.createAndPoll(threadId, { assistant_id, ...run, additional_messages: [said] });
    expect(done).toMatchObject({
      status: 'completed',
      response_format: 'auto',
      truncation_strategy: { type: 'auto', last_messages: null },
    });
  });
});

it('names the tools of an attachment by the word of April 2024, too', async () => {
  const attachments = [{ file_id: fileId, add_to: ['file_search'] }];
  const thread = await client.beta.threads.create({ messages: [{ role: 'user', content: 'x', attachments }] });
  const [message] = (await client.beta.threads.messages.list(thread.id)).data;
  expect(message?.attachments).toEqual([{ file_id: fileId, tools: [{ type: 'file_search' }] }]);
  expect(thread.tool_resources?.file_search?.vector_store_ids).toHaveLength(1);
});
