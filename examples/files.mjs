// An app of the Assistants API that answers from files and cites them, with the official client.
// Needs a running server and the official client: BASE_URL=http://localhost:8283 MEMGPT_SERVER_PASS=ilovellms.
import OpenAI, { toFile } from 'openai';

const client = new OpenAI({
  baseURL: `${process.env.BASE_URL ?? 'http://localhost:8283'}/v1`,
  apiKey: process.env.MEMGPT_SERVER_PASS ?? 'ilovellms',
});
const { assistants, threads } = client.beta;

const texts = {
  'ferry.md': '# Ferry\n\nThe ferry to the island leaves at noon.',
  'toll.txt': 'The toll of the bridge is two coins.',
};
const files = await Promise.all(Object.entries(texts).map(([name, text]) => toFile(Buffer.from(text), name)));
const store = await client.vectorStores.create({ name: 'Harbour' });
const batch = await client.vectorStores.fileBatches.uploadAndPoll(store.id, { files });
console.log(`${batch.file_counts.completed} of ${batch.file_counts.total} files can be searched.`);

const assistant = await assistants.create({
  model: 'gpt-4o',
  name: 'Harbour office',
  tools: [{ type: 'file_search' }],
  tool_resources: { file_search: { vector_store_ids: [store.id] } },
});
const thread = await threads.create({ messages: [{ role: 'user', content: 'When does the ferry leave?' }] });
try {
  const run = await threads.runs.createAndPoll(thread.id, { assistant_id: assistant.id });
  const { data } = await threads.messages.list(thread.id, { run_id: run.id });
  const [part] = data[0]?.content ?? [];
  if (part?.type !== 'text') throw new Error(`The run is ${run.status} and said nothing.`);
  let answer = part.text.value;
  const sources = [];
  for (const { text, file_citation } of part.text.annotations) {
    if (!sources.includes(file_citation.file_id)) sources.push(file_citation.file_id);
    answer = answer.replace(text, ` [${sources.indexOf(file_citation.file_id) + 1}]`);
  }
  console.log(answer);
  for (const [index, id] of sources.entries()) {
    console.log(`[${index + 1}] ${(await client.files.retrieve(id)).filename}`);
  }
  if (!answer.includes('noon') || sources.length === 0) throw new Error(`The answer cites nothing: ${answer}`);
} finally {
  await threads.delete(thread.id);
  await assistants.delete(assistant.id);
  const { data } = await client.vectorStores.files.list(store.id);
  await client.vectorStores.delete(store.id);
  for (const { id } of data) await client.files.delete(id);
}
