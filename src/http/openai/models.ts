import type { RequestHandler } from 'express';
import { z } from 'zod';
import type { Offer } from '../../services/models.js';
import { callerOf, defineRoute, type Route } from '../route.js';
import { spellId } from './ids.js';
import { toSeconds } from './wire.js';

const tag = 'models';
const access = 'user';
const modelPath = z.object({ model: z.string().min(1) });

const modelReply = z
  .object({
    id: z.string(),
    object: z.literal('model'),
    created: z.int().describe('Seconds since 1970; 0 where nobody knows.'),
    owned_by: z.string(),
    name: z.string().optional().describe('What an agent is called.'),
  })
  .meta({ id: 'Model' });

const listModels = defineRoute({
  method: 'get',
  path: '/v1/models',
  summary: 'List models: what the providers offer, the aliases, and the agents of the caller',
  tag,
  access,
  response: z.object({ object: z.literal('list'), data: z.array(modelReply) }),
  handle: async (call) => {
    const offers = await call.services.models.list(callerOf(call), call.signal);
    return { json: { object: 'list', data: offers.map((offer) => offerToWire(offer)) } };
  },
});

const getModel = defineRoute({
  method: 'get',
  path: '/v1/models/{model}',
  summary: 'Read a model, an alias or an agent, the last by its id or its name',
  tag,
  access,
  params: modelPath,
  response: modelReply,
  handle: async (call) => {
    const { model } = call.params;
    return { json: offerToWire(await call.services.models.get(callerOf(call), model, call.signal), model) };
  },
});

const deleteModel = defineRoute({
  method: 'delete',
  path: '/v1/models/{model}',
  summary: 'Refused, as the original refuses it for models that are not the caller’s own',
  tag,
  access,
  params: modelPath,
  response: modelReply,
  handle: (call) => call.services.models.refuseDeletion(callerOf(call), call.params.model, call.signal),
});

/** What is offered, under the name it was asked for by. */
function offerToWire(offer: Offer, asked?: string): z.output<typeof modelReply> {
  if (offer.kind === 'model') {
    const { name, createdAt, ownedBy } = offer;
    return { id: asked ?? name, object: 'model', created: toSeconds(createdAt ?? 0), owned_by: ownedBy };
  }
  const { id, name, createdAt } = offer.agent;
  return {
    id: asked ?? spellId('agent', id),
    object: 'model',
    created: toSeconds(createdAt),
    owned_by: 'threadkeeper',
    ...(name === null ? {} : { name }),
  };
}

const modelPathForm = /^((?:\/openai)?\/v1\/models\/)([^?]+?)\/?(\?.*)?$/u;

/** Names of models hold slashes, which some clients encode in a path and others do not. */
export const joinModelNames: RequestHandler = (request, _response, next) => {
  const [, base, name, query = ''] = modelPathForm.exec(request.url) ?? [];
  if (base !== undefined && name !== undefined) request.url = base + name.replaceAll('/', '%2F') + query;
  next();
};

/** The routes of models. */
export const modelRoutes: readonly Route[] = [listModels, getModel, deleteModel];
