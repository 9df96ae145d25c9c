import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../src/domain/ids.js';
import { lettaRoutes } from '../../../src/http/native/letta/index.js';
import { nativeRoutes } from '../../../src/http/native/index.js';
import type { Route } from '../../../src/http/route.js';
import { asAdmin, startApp, type RunningApp } from '../running-app.js';

let app: RunningApp;

beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const routes = [...nativeRoutes, ...lettaRoutes];
const filled = (path: string): string => path.replaceAll(/\{\w+\}/gu, newId());
const send = (method: Route['method'], path: string) => supertest(app.server)[method](path).set(asAdmin);

describe('every native route', () => {
  it('refuses a body of the wrong kind with the fault and its place, and one that is no JSON', async () => {
    const withBody = routes.filter((route) => route.body !== null && route.method !== 'get');
    expect(withBody.length).toBeGreaterThan(30);
    for (const { method, path } of withBody) {
      for (const body of [
        '[1]',
        '"text"',
        '{"config": 7, "name": 7, "id": 7, "unknown": 7, "messages": 7, "human": 7}',
      ]) {
        const answer = await send(method, filled(path)).set('content-type', 'application/json').send(body);
        // A body in which nothing is needed and nothing refused may be an object of strangers.
        if (body.startsWith('{') && [200, 400, 404].includes(answer.status)) continue;
        expect([method, path, body, answer.status]).toEqual([method, path, body, 422]);
        const { detail } = answer.body as { detail: { loc: unknown[]; type: string; msg: string }[] };
        expect(detail[0]?.loc[0]).toBe('body');
        expect(detail[0]?.msg).not.toBe('');
      }
      const broken = await send(method, filled(path)).set('content-type', 'application/json').send('{"a": ');
      expect([path, broken.status, broken.body]).toMatchObject([path, 422, { detail: [{ type: 'json_invalid' }] }]);
    }
  });

  it('answers the same with a slash at its end, and at /latest what it answers at /v1', async () => {
    const lists = routes.filter(
      (route) => route.method === 'get' && !route.path.includes('{') && route.access !== 'public',
    );
    for (const { path } of lists) {
      const plain = await send('get', path);
      const others = [`${path}/`, ...(path.startsWith('/v1/') ? [path.replace('/v1/', '/latest/')] : [])];
      for (const other of others) {
        const answer = await send('get', other);
        expect([other, answer.status, answer.body]).toEqual([other, plain.status, plain.body]);
      }
    }
  });

  it('never answers what it does not know with a fault of its own', async () => {
    for (const { method, path } of routes) {
      for (const id of [newId(), 'nonsense', '%20', `agent-${newId()}`]) {
        const answer = await send(method, path.replaceAll(/\{\w+\}/gu, id));
        expect([method, path, id, answer.status < 500]).toEqual([method, path, id, true]);
      }
    }
  });
});
