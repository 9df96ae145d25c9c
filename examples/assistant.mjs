// An app of the OpenAI Assistants API, pointed here: it streams, and what one thread was told is known in the next.
// Needs a running server and the official client: BASE_URL=http://localhost:8283 MEMGPT_SERVER_PASS=ilovellms.
import OpenAI from 'openai';

const client = new OpenAI({
  baseURL: `${process.env.BASE_URL ?? 'http://localhost:8283'}/v1`,
  apiKey: process.env.MEMGPT_SERVER_PASS ?? 'ilovellms',
});
const { assistants, threads } = client.beta;

/** Says something in a new thread of one person, prints the answer as it streams, and returns it. */
async function say(assistantId, content) {
  const thread = await threads.create({ messages: [{ role: 'user', content }], metadata: { user_id: 'ines' } });
  console.log(`\nInes: ${content}`);
  const run = threads.runs.stream(thread.id, { assistant_id: assistantId });
  run.on('textDelta', ({ value }) => process.stdout.write(value ?? ''));
  const [answer] = await run.finalMessages();
  console.log();
  await threads.delete(thread.id);
  return answer?.content.map((part) => (part.type === 'text' ? part.text.value : '')).join('') ?? '';
}

const assistant = await assistants.create({ model: 'gpt-4o', name: 'Tutor', instructions: 'You are a patient tutor.' });
try {
  await say(assistant.id, 'My name is Ines and I love oolong tea.');
  const answer = await say(assistant.id, 'What is my name, and what do I love?');
  if (!/Ines/.test(answer) || !/oolong/.test(answer)) throw new Error(`The second thread did not know: ${answer}`);
  console.log('\nWhat was said in the first thread is known in the second.');
} finally {
  await assistants.delete(assistant.id);
}
