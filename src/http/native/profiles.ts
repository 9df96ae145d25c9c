import { AppError } from '../../domain/errors.js';
import type { OfferedTemplate } from '../../services/templates.js';
import { callerOf, defineRoute, type Call, type Reply, type Route } from '../route.js';
import {
  humanListReply,
  humanPath,
  personaListReply,
  personaPath,
  profileBody,
  profileReply,
} from './catalogue-schemas.js';

type Label = 'human' | 'persona';

/** The routes of humans and personas. */
export const profileRoutes: readonly Route[] = [
  ...collectionRoutes('human', humanListReply),
  ...collectionRoutes('persona', personaListReply),
  ...humanRoutes(),
  ...personaRoutes(),
];

function collectionRoutes(label: Label, listReply: typeof humanListReply | typeof personaListReply): Route[] {
  const head = { path: `/api/${label}s`, tag: `${label}s`, access: 'user' } as const;
  return [
    defineRoute({
      ...head,
      method: 'get',
      summary: `List the ${label}s: those that ship with the server, and your own`,
      response: listReply,
      handle: async (call) => {
        const templates = await call.services.templates.list(callerOf(call), { label });
        const named = templates.filter((template) => template.name !== null && template.offered);
        return { json: { [`${label}s`]: named.map(profileToWire) } };
      },
    }),
    defineRoute({
      ...head,
      method: 'post',
      summary: `Create a ${label}`,
      body: profileBody,
      response: profileReply,
      handle: async (call) => {
        const { name, text } = call.body;
        const template = await call.services.templates.create(callerOf(call), { label, name, value: text });
        return { json: profileToWire(template) };
      },
    }),
  ];
}

function humanRoutes(): Route[] {
  const head = {
    path: '/api/humans/{human_name}',
    tag: 'humans',
    access: 'user',
    params: humanPath,
    response: profileReply,
    missing: () => 'Human not found',
  } as const;
  return [
    defineRoute({
      ...head,
      method: 'get',
      summary: 'Read a human by name',
      handle: (call) => read(call, 'human', call.params.human_name),
    }),
    defineRoute({
      ...head,
      method: 'delete',
      summary: 'Delete a human of your own',
      handle: (call) => remove(call, 'human', call.params.human_name),
    }),
  ];
}

function personaRoutes(): Route[] {
  const head = {
    path: '/api/personas/{persona_name}',
    tag: 'personas',
    access: 'user',
    params: personaPath,
    response: profileReply,
    missing: () => 'Persona not found',
  } as const;
  return [
    defineRoute({
      ...head,
      method: 'get',
      summary: 'Read a persona by name',
      handle: (call) => read(call, 'persona', call.params.persona_name),
    }),
    defineRoute({
      ...head,
      method: 'delete',
      summary: 'Delete a persona of your own',
      handle: (call) => remove(call, 'persona', call.params.persona_name),
    }),
  ];
}

async function read(call: Call<unknown, unknown, unknown>, label: Label, name: string): Promise<Reply> {
  return { json: profileToWire(await call.services.templates.findByName(callerOf(call), label, name)) };
}

async function remove(call: Call<unknown, unknown, unknown>, label: Label, name: string): Promise<Reply> {
  const { templates } = call.services;
  const found = await templates.findByName(callerOf(call), label, name);
  if (found.ownerId === null) {
    throw new AppError('forbidden', `The ${label} '${name}' ships with the server and cannot be deleted.`);
  }
  return { json: profileToWire(await templates.delete(callerOf(call), found.id)) };
}

function profileToWire({ id, ownerId, name, value }: OfferedTemplate): Record<string, unknown> {
  return { text: value, name, id, user_id: ownerId };
}
