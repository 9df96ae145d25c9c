import type { RequestHandler } from 'express';
import { z } from 'zod';
import { defineRoute, type Route } from '../../route.js';
import { embeddingConfigReply, llmConfigReply } from './replies.js';
import { embeddingConfigToWire, llmConfigToWire } from './wire.js';

const head = { method: 'get', tag: 'letta models', access: 'user' } as const;

const listModels = defineRoute({
  ...head,
  path: '/latest/models',
  summary: 'The model that an agent gets who asks for no other; at /v1/models/ for clients of Letta',
  response: z.array(llmConfigReply),
  handle: async ({ services }) => ({ json: [llmConfigToWire(await services.serverFacts.describe())] }),
});

const listEmbeddings = defineRoute({
  ...head,
  path: '/v1/models/embedding',
  summary: 'Who makes vectors for the archive',
  response: z.array(embeddingConfigReply),
  handle: async ({ services }) => ({ json: [embeddingConfigToWire(await services.serverFacts.describe())] }),
});

/** The routes of models. */
export const lettaModelRoutes: readonly Route[] = [listModels, listEmbeddings];

const lettaClients = /^(?:letta|python-requests)/iu;

/**
 * Two faces answer `GET /v1/models`, one with an array and one with an object. The trailing slash of Letta's own
 * spelling, or the name of one of its clients, asks for the array.
 */
export const chooseModels: RequestHandler = (request, _response, next) => {
  const [path = '', query] = request.url.split(/(?=\?)/u);
  const isLetta = path === '/v1/models/' || lettaClients.test(request.headers['user-agent'] ?? '');
  if (isLetta && path.replace(/\/$/u, '') === '/v1/models') request.url = `/latest/models${query ?? ''}`;
  // With the slash it could be the name of a model, which may have slashes of its own.
  if (path === '/v1/models/embedding/') request.url = `/latest/models/embedding${query ?? ''}`;
  next();
};
