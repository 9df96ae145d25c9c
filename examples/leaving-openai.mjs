// Moving in from the Assistants API: takes in the export that lies beside this file, reads it back under its old ids,
// and goes on with the conversation where it stopped. The address is that of a server on this machine.
import { fileURLToPath } from 'node:url';
import OpenAI from 'openai';

const address = process.env.BASE_URL ?? 'http://localhost:8283';
const password = process.env.MEMGPT_SERVER_PASS ?? 'ilovellms';
const client = new OpenAI({ baseURL: `${address}/v1`, apiKey: password });

const assistantId = 'asst_Allotment7Guide4Beans2Pea';
const threadId = 'thread_Allotment7Spring4Talk2';
const storeId = 'vs_Allotment7Notes4Beds2';
const fileId = 'file-Allotment7Sowing4Dates2';
const fileWithoutBytesId = 'file-Allotment7Plan4Scan2Pdf9';

function check(holds, sentence) {
  if (!holds) throw new Error(sentence);
}

async function importExport() {
  const answer = await fetch(`${address}/admin/import/openai`, {
    method: 'POST',
    headers: { authorization: `Bearer ${password}`, 'content-type': 'application/json' },
    body: JSON.stringify({ path: fileURLToPath(new URL('openai-export', import.meta.url)) }),
  });
  check(answer.ok, `The import was answered with ${answer.status}.`);
  return answer.json();
}

const report = await importExport();
check(report.outcome === 'imported', 'The export should have been taken in.');
for (const { why } of report.problems) console.log(`Told by the report: ${why}`);
try {
  const assistant = await client.beta.assistants.retrieve(assistantId);
  check(assistant.name === 'Allotment guide', 'The assistant should be there under its old id.');
  const ids = [];
  for await (const message of client.beta.threads.messages.list(threadId, { order: 'asc', limit: 2 })) {
    ids.push(message.id);
  }
  check(ids.length === 4 && ids[0] === 'msg_Allotment7First4Question2', 'The messages should be there in order.');

  const store = await client.vectorStores.files.poll(storeId, fileId, { pollIntervalMs: 100 });
  check(store.status === 'completed', 'The file should have been read into its vector store again.');
  const found = await client.vectorStores.search(storeId, { query: 'runner beans frost' });
  check(found.data[0]?.file_id === fileId, 'The vector store should find what stands in its file.');

  await client.beta.threads.messages.create(threadId, { role: 'user', content: 'Thank you. My name is Rosa.' });
  const run = await client.beta.threads.runs.createAndPoll(
    threadId,
    { assistant_id: assistantId },
    { pollIntervalMs: 100 },
  );
  check(run.status === 'completed', `The run should have been answered, and is ${run.status}.`);

  const again = await importExport();
  const made = Object.values(again.counts).reduce((sum, { created }) => sum + created, 0);
  check(made === 0, 'A second import should change nothing.');
  console.log('The export is in, and the conversation has gone on.');
} finally {
  await client.beta.threads.delete(threadId);
  await client.beta.assistants.delete(assistantId);
  await client.vectorStores.delete(storeId);
  for (const id of [fileId, fileWithoutBytesId]) await client.files.delete(id);
}
