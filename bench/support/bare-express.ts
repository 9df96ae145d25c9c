import { randomUUID } from 'node:crypto';
import express, { type Request, type Response } from 'express';
import { OpenAI } from 'openai';
import { openSqlite } from '../../src/store/sqlite-driver.js';

/*
 * What a server that does the least would be: one Express route that writes the user's words to SQLite, makes the model
 * call with OpenAI's package, and writes the reply. Its arguments are the port, the model's base URL and the file.
 */

const [port, baseURL, file] = process.argv.slice(2);
const client = new OpenAI({ apiKey: 'none', baseURL });
const database = openSqlite(file ?? '');
database.exec(`pragma journal_mode = wal; pragma synchronous = full;
  create table messages (id text primary key, conversation text, role text, text text, created_at integer)`);

const speaking = {
  type: 'function' as const,
  function: {
    name: 'send_message',
    parameters: { type: 'object', properties: { message: { type: 'string' } }, required: ['message'] },
  },
};

function save(conversation: string, role: string, text: string): void {
  database.run('insert into messages values (?, ?, ?, ?, ?)', [randomUUID(), conversation, role, text, Date.now()]);
}

async function answer(request: Request, response: Response): Promise<void> {
  const { message, stream } = request.body as { message: string; stream?: boolean };
  const conversation = String(request.params['id']);
  save(conversation, 'user', message);
  if (stream === true) response.writeHead(200, { 'content-type': 'text/event-stream' });
  const chunks = await client.chat.completions.create({
    model: 'mock',
    messages: [{ role: 'user', content: message }],
    tools: [speaking],
    stream: true,
  });
  let reply = '';
  for await (const chunk of chunks) {
    const piece = chunk.choices[0]?.delta.tool_calls?.[0]?.function?.arguments ?? '';
    reply += piece;
    if (stream === true && piece !== '') response.write(`data: ${JSON.stringify({ text: piece })}\n\n`);
  }
  save(conversation, 'assistant', reply);
  if (stream === true) response.end('data: [DONE]\n\n');
  else response.json({ reply });
}

const app = express();
app.use(express.json());
app.get('/health', (_request, response) => {
  response.json({ status: 'ok' });
});
app.post('/conversations/:id/messages', answer);
app.listen(Number(port), '127.0.0.1');
