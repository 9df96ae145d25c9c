import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asAdmin, startApp, type RunningApp } from '../running-app.js';

let app: RunningApp;
let id: string;

beforeAll(async () => {
  app = await startApp({ script: (request) => (request.tools.length === 0 ? 'They met.' : 'All right.') });
  const made = await supertest(app.server)
    .post('/api/agents')
    .set(asAdmin)
    .send({ config: { name: 'Commanded', human: 'Name: Ines' } });
  id = (made.body as { agent_state: { id: string } }).agent_state.id;
});
afterAll(() => app.close());

const command = (text: string) =>
  supertest(app.server).post(`/api/agents/${id}/command`).set(asAdmin).send({ command: text });

describe('a chat command', () => {
  it('shows the memory, with or without its slash', async () => {
    for (const text of ['memory', '/memory', ' /MEMORY ']) {
      const answer = await command(text);
      expect(answer.status).toBe(200);
      expect((answer.body as { response: string }).response).toContain('[human]\nName: Ines');
    }
  });

  it('summarize empties the window and keeps a summary in view', async () => {
    const say = () => supertest(app.server).post(`/api/agents/${id}/messages`).set(asAdmin).send({ message: 'hello' });
    await say();
    expect((await command('summarize')).status).toBe(200);
    await say();
    const request = app.room.provider.requests.at(-1);
    expect(JSON.stringify(request?.messages)).toContain('They met.');
    expect(request?.messages.filter((message) => JSON.stringify(message).includes('hello'))).toHaveLength(1);
  });

  it('dump shows the newest messages', async () => {
    const answer = await command('dump 2');
    expect((answer.body as { response: string }).response.split('\n')).toHaveLength(2);
  });

  it('heartbeat and memorywarning reach the model as an alert', async () => {
    for (const text of ['heartbeat', 'memorywarning']) {
      const before = app.room.provider.requests.length;
      expect((await command(text)).status).toBe(200);
      expect(JSON.stringify(app.room.provider.requests[before]?.messages)).toContain('system_alert');
    }
  });

  it('that nobody knows is refused with the names of those that are known', async () => {
    const answer = await command('wipe');
    expect(answer.status).toBe(400);
    expect((answer.body as { detail: string }).detail).toMatch(/Unknown command 'wipe'.*memory, summarize/);
  });

  it('works in the early spelling, and for nobody but the owner', async () => {
    const early = supertest(app.server).post('/api/agents/command').send({ agent_id: id, command: 'save' });
    expect((await early.set(asAdmin)).status).toBe(200);
    const stranger = await app.newUser();
    const theirs = supertest(app.server).post(`/api/agents/${id}/command`).set(stranger.headers);
    expect((await theirs.send({ command: 'memory' })).status).toBe(404);
  });
});
