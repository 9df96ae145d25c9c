import supertest from 'supertest';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asAdmin, startApp, type RunningApp } from '../running-app.js';

interface Shown {
  role: string;
  text: string | null;
  tool_calls: { function: { name: string; arguments: string } }[] | null;
}

let app: RunningApp;
let id: string;
let answers: string[];

const speech = (message: string, thought: string) => ({
  text: thought,
  calls: [{ name: 'send_message', arguments: { message } }],
});

beforeEach(async () => {
  answers = ['heliotrope', 'two', 'three'];
  app = await startApp({ script: () => speech(answers.shift() ?? 'no more', 'let me think') });
  const made = await supertest(app.server)
    .post('/api/agents')
    .set(asAdmin)
    .send({ config: { name: 'Tail' } });
  id = (made.body as { agent_state: { id: string } }).agent_state.id;
});
afterEach(() => app.close());

const command = async (text: string): Promise<[number, string]> => {
  const answer = await supertest(app.server).post(`/api/agents/${id}/command`).set(asAdmin).send({ command: text });
  const { response, detail } = answer.body as { response?: string; detail?: string };
  return [answer.status, response ?? detail ?? ''];
};
const say = (message: string) =>
  supertest(app.server).post(`/api/agents/${id}/messages`).set(asAdmin).send({ message });
const history = async (): Promise<Shown[]> => {
  const answer = await supertest(app.server).get(`/api/agents/${id}/messages-cursor?limit=100`).set(asAdmin);
  return (answer.body as { messages: Shown[] }).messages;
};
const spoken = async (): Promise<string> => JSON.stringify(await history());
const seenByModel = (): string => JSON.stringify(app.room.provider.requests.at(-1)?.messages);

describe('a command on the newest messages', () => {
  it('pop takes back what was said last, with the words that a call said aloud', async () => {
    await say('first question');
    const before = await history();
    await say('second question');
    const added = (await history()).length - before.length;
    expect(await command(`pop ${added}`)).toEqual([200, `${added} messages were taken back.`]);
    expect(await history()).toEqual(before);
    const thread = await app.store.conversations.page((await app.store.agents.find(id))?.ownerId ?? '', {
      limit: 9,
      order: 'asc',
    });
    const visible = await app.store.messages.page(thread.items[0]?.id ?? '', {
      limit: 50,
      order: 'asc',
      visibleOnly: true,
    });
    expect(JSON.stringify(visible.items)).not.toContain('two');
    await say('third question');
    expect(seenByModel()).not.toContain('second question');
    expect(seenByModel()).toContain('first question');
  });

  it('pop never takes the messages an agent was born with', async () => {
    const born = await history();
    await say('only question');
    await command('pop 100');
    expect(await history()).toEqual(born);
    expect(await command('pop')).toEqual([200, '0 messages were taken back.']);
  });

  it('retry has the newest question answered anew, once', async () => {
    await say('what now?');
    const before = (await history()).length;
    expect(await command('retry')).toEqual([200, 'The agent answered again: two']);
    const after = await history();
    expect(after).toHaveLength(before);
    expect(JSON.stringify(after)).toContain('two');
    expect(JSON.stringify(after)).not.toContain('heliotrope');
    expect(JSON.stringify(after).split('what now?')).toHaveLength(2);
  });

  it('rethink changes the thought and not the words', async () => {
    await say('hello');
    expect((await command('rethink I should be brief.\nVery brief.'))[0]).toBe(200);
    const newest = (await history()).find((message) => message.role === 'assistant');
    expect(newest?.text).toBe('I should be brief.\nVery brief.');
    expect(newest?.tool_calls?.[0]?.function.arguments).toContain('heliotrope');
  });

  it('rewrite changes the words wherever they stand, for readers and for the model', async () => {
    await say('hello');
    expect((await command('rewrite Good day to you'))[0]).toBe(200);
    expect(await spoken()).toContain('Good day to you');
    expect(await spoken()).not.toContain('heliotrope');
    await say('and now?');
    expect(seenByModel()).toContain('Good day to you');
    expect(seenByModel()).not.toContain('heliotrope');
  });

  it('is refused where there is nothing to change, and without the text it needs', async () => {
    expect((await command('retry'))[0]).toBe(409);
    expect((await command('rewrite hello'))[0]).toBe(409);
    await say('hello');
    expect(await command('rewrite')).toEqual([400, 'The command rewrite needs a text.']);
  });
});
