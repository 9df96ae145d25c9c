// A first conversation over the native API: an agent is made, told something, and asked about it.
// Needs a running server and nothing but Node: BASE_URL=http://localhost:8283 MEMGPT_SERVER_PASS=ilovellms.

const baseUrl = process.env.BASE_URL ?? 'http://localhost:8283';
const password = process.env.MEMGPT_SERVER_PASS ?? 'ilovellms';
const headers = { authorization: `Bearer ${password}`, 'content-type': 'application/json' };

/** Sends a request; throws with the server's own words where it refuses. */
async function ask(method, path, body) {
  const response = await fetch(`${baseUrl}${path}`, { method, headers, body: body && JSON.stringify(body) });
  if (!response.ok) throw new Error(`${method} ${path} was answered with ${response.status}: ${await response.text()}`);
  return response;
}

/** The events of a streamed answer, as they arrive. */
async function* readEvents(response) {
  let text = '';
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    text += piece;
    const frames = text.split('\n\n');
    text = frames.pop();
    for (const frame of frames) {
      // Lines that begin with a colon only show that the connection lives.
      if (frame.startsWith('data: ')) yield JSON.parse(frame.slice('data: '.length));
    }
  }
}

/** Says something to an agent, prints every event of its answer, and returns the words it spoke. */
async function say(agentId, message) {
  console.log(`\nYou: ${message}`);
  const spoken = [];
  const response = await ask('POST', `/api/agents/${agentId}/messages`, { message, stream: true });
  for await (const event of readEvents(response)) {
    if ('internal_error' in event) throw new Error(event.internal_error);
    if ('assistant_message' in event) spoken.push(event.assistant_message);
    const [kind] = Object.keys(event);
    console.log(`  ${kind.padEnd(18)} ${event[kind]}`);
  }
  return spoken.join(' ');
}

const created = await ask('POST', '/api/agents', { config: { human: 'I know nothing about the user yet.' } });
const { agent_state: agent } = await created.json();
console.log(`Talking to ${agent.name} (${agent.id}).`);
try {
  await say(agent.id, 'Hello! My name is Ines and I prefer green tea.');
  const answer = await say(agent.id, 'What is my name?');
  const memory = await (await ask('GET', `/api/agents/${agent.id}/memory`)).json();
  console.log(`\nWhat the agent keeps about you:\n${memory.core_memory.human}`);
  if (!answer.includes('Ines')) throw new Error(`The agent should know the name by now, but said: ${answer}`);
} finally {
  await ask('DELETE', `/api/agents/${agent.id}`);
}
