import express from 'express';
import type * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import supertest from 'supertest';
import { afterEach, describe, expect, it } from 'vitest';
import { createServer } from '../../src/http/server.js';

const open: http.Server[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await new Promise((resolve) => server.close(resolve));
});

describe('a server for an Express application', () => {
  it('makes requests and responses that have the prototypes of Express before Express runs', async () => {
    const app = express();
    app.get('/', (request, response) => {
      response.set('x-agent', request.get('user-agent') ?? '').json({ ip: request.ip, secure: request.secure });
    });
    const server = createServer(app) as http.Server;
    open.push(server);
    const expected = app as unknown as { request: object; response: object };
    const seen: boolean[] = [];
    server.prependListener('request', (request: object, response: object) => {
      seen.push(Object.getPrototypeOf(request) === expected.request);
      seen.push(Object.getPrototypeOf(response) === expected.response);
    });
    const answer = await supertest(server).get('/').set('user-agent', 'tests');
    expect(seen).toEqual([true, true]);
    expect(answer.headers['x-agent']).toBe('tests');
    expect(answer.body).toMatchObject({ secure: false, ip: expect.stringContaining('127.0.0.1') as string });
  });

  it('keeps two applications in one process apart', async () => {
    const apps = ['one', 'two'].map((name) => {
      const app = express();
      app.set('name', name);
      app.get('/', (request, response) => void response.json([request.app.get('name'), response.app.get('name')]));
      return createServer(app) as http.Server;
    });
    open.push(...apps);
    const [one, two] = await Promise.all(apps.map((server) => supertest(server).get('/')));
    expect(one?.body).toEqual(['one', 'one']);
    expect(two?.body).toEqual(['two', 'two']);
  });

  it('serves over TLS with the pair it is given', async () => {
    const { generate } = await import('selfsigned');
    const pair = await generate([{ name: 'commonName', value: 'localhost' }]);
    const app = express();
    app.get('/', (request, response) => void response.json({ secure: request.secure }));
    const server = createServer(app, { cert: pair.cert, key: pair.private }) as http.Server;
    open.push(server);
    await new Promise<void>((resolve) => server.listen(0, resolve));
    const { port } = server.address() as AddressInfo;
    const answer = await supertest(`https://127.0.0.1:${port}`).get('/').trustLocalhost();
    expect(answer.body).toEqual({ secure: true });
  });
});
