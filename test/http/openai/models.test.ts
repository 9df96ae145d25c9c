import { afterEach, describe, expect, it } from 'vitest';
import { createModelService } from '../../../src/services/models.js';
import { createRegistry } from '../../../src/providers/registry.js';
import { systemClock } from '../../../src/domain/clock.js';
import type { Principal } from '../../../src/domain/user.js';
import { startFace, type OpenaiFace } from '../../support/openai-face.js';
import { startMockUpstream } from '../../support/mock-upstream.js';
import { principal } from '../../support/engine-room.js';

let face: OpenaiFace;
afterEach(() => face.close());

const read = (path: string, init: RequestInit = {}) =>
  face.watch.fetch(`${face.app.url}${path}`, {
    ...init,
    headers: { authorization: 'Bearer ilovellms', ...init.headers },
  });
const idsOf = (body: { data: { id: string }[] }): string[] => body.data.map(({ id }) => id);

describe('the list of models', () => {
  it('holds the models of the providers, and the caller’s agents by id with their names', async () => {
    face = await startFace();
    const ada = await face.send('POST', '/assistants', { model: 'm', name: 'Ada' });
    const { headers } = await face.app.newUser();
    const { body } = await face.send('GET', '/models');
    expect(body).toMatchObject({ object: 'list' });
    expect(idsOf(body)).toEqual(['scripted', ada.body.id]);
    expect(body.data[1]).toMatchObject({ object: 'model', owned_by: 'threadkeeper', name: 'Ada' });
    expect(idsOf((await face.send('GET', '/models', undefined, headers)).body)).toEqual(['scripted']);
  });

  it('is a plain array to clients of Letta, and never at the other address', async () => {
    face = await startFace();
    const letta = { headers: { 'user-agent': 'Letta/0.4' } };
    const kindOf = async (response: Promise<Response>) => Array.isArray(await (await response).json());
    const plain = { headers: { authorization: 'Bearer ilovellms', 'user-agent': 'Letta/0.4' } };
    expect(await kindOf(fetch(`${face.app.url}/v1/models`, plain))).toBe(true);
    expect(await kindOf(fetch(`${face.app.url}/v1/models/`, { headers: { authorization: 'Bearer ilovellms' } }))).toBe(
      true,
    );
    expect(await kindOf(read('/v1/models'))).toBe(false);
    expect(await kindOf(read('/openai/v1/models', letta))).toBe(false);
  });
});

describe('one model', () => {
  it.each(['scripted', 'Ada', 'offline'])('is found by its name, or refused as the original does: %s', async (name) => {
    face = await startFace();
    await face.send('POST', '/assistants', { model: 'm', name: 'Ada' });
    const { status, body } = await face.send('GET', `/models/${name}`);
    if (name !== 'offline') expect([status, body.id]).toEqual([200, name]);
    else {
      expect(status).toBe(404);
      expect(body.error).toMatchObject({ code: 'model_not_found', param: 'model', type: 'invalid_request_error' });
    }
  });

  it('is never deleted', async () => {
    face = await startFace();
    const { body } = await face.send('POST', '/assistants', { model: 'm' });
    expect((await face.send('DELETE', '/models/scripted')).status).toBe(403);
    expect((await face.send('DELETE', `/models/${body.id}`)).status).toBe(403);
    expect((await face.send('DELETE', '/models/nothing')).status).toBe(404);
    expect((await face.send('GET', `/models/${body.id}`)).status).toBe(200);
  });

  it('answers where an agent has the same name, both to readers and in a chat', async () => {
    face = await startFace({ script: ['From the model.'] });
    await face.send('POST', '/assistants', { model: 'm', name: 'scripted', instructions: 'I am the agent.' });
    expect((await face.send('GET', '/models/scripted')).body['owned_by']).toBe('scripted');
    await face.send('POST', '/chat/completions', { model: 'scripted', messages: [{ role: 'user', content: 'x' }] });
    expect(JSON.stringify(face.app.room.provider.requests)).not.toContain('I am the agent.');
  });
});

describe('names that lead through the table', () => {
  it('are found with a slash in them, encoded or not, bare where that leads there, and as aliases', async () => {
    face = await startFace();
    const upstream = await startMockUpstream({
      models: [
        { id: 'maker/large', object: 'model', created: 1_700_000_000, owned_by: 'maker' },
        { id: 'offline/x', object: 'model', created: 5 },
      ],
    });
    const providers = createRegistry(
      {
        providers: [{ name: 'house', kind: 'openai', baseUrl: upstream.url, apiKey: null }],
        aliases: { 'gpt-4o': 'house/maker/large', nowhere: 'azure/x', '*': 'house/maker/large' },
        defaultModel: null,
        embeddingModel: null,
        demo: { latencyMs: 0, tokensPerSecond: 0 },
      },
      { clock: systemClock },
    );
    const models = createModelService({ store: face.app.store, providers });
    const signal = new AbortController().signal;
    const who: Principal = principal;
    const names = (await models.list(who, signal)).map((offer) =>
      offer.kind === 'model' ? offer.name : offer.agent.id,
    );
    await upstream.close();
    expect(names).toEqual(['gpt-4o', 'maker/large', 'house/offline/x', 'offline/demo']);
    for (const name of names) expect(await models.get(who, name, signal)).toMatchObject({ kind: 'model', name });
    await expect(models.get(who, 'nowhere', signal)).rejects.toMatchObject({ code: 'not_found' });
    expect(await models.get(who, 'anything', signal)).toMatchObject({ name: 'anything', ownedBy: 'maker' });
  });

  it('are read from a path with their slashes', async () => {
    face = await startFace();
    for (const path of [
      '/v1/models/maker/large%20one',
      '/openai/v1/models/maker%2Flarge%20one',
      '/v1/models/maker/large%20one/',
    ]) {
      const response = await fetch(`${face.app.url}${path}`, { headers: { authorization: 'Bearer ilovellms' } });
      expect(await response.json()).toMatchObject({
        error: { code: 'model_not_found', message: expect.stringContaining("'maker/large one'") as string },
      });
    }
  });
});
