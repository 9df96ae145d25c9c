import { expect } from 'vitest';
import type { z } from 'zod';
import { asAdmin, type RunningApp } from '../../running-app.js';
import type { Sent } from './route-case.js';

/** An answer; of a stream the list of its payloads, sentinels as texts. */
export interface Answer {
  status: number;
  body: unknown;
}

/** Calls a server, its path's parameters filled in. */
export interface Caller {
  call(method: string, path: string, sent?: Sent): Promise<Answer>;
}

/** A user with nothing yet, or the administrator. */
export interface Client extends Caller {
  /** The id of the user. */
  id: string;
  /** The user's key. */
  key: string;
  app: RunningApp;
  /** Whoever has no credential. */
  stranger: Caller;
  /** The administrator, who acts as the default user. */
  admin: Caller;
  /** The body of a request that succeeds. */
  ok<T>(shape: z.ZodType<T>, method: string, path: string, sent?: Sent): Promise<T>;
  /** The status of a request. */
  status(method: string, path: string, sent?: Sent): Promise<number>;
  /** Everything the user has, from the store. */
  estate(): Promise<unknown[]>;
}

/** A user of their own; `asAdministrator` sends the requests of the table with the password. */
export async function newClient(app: RunningApp, asAdministrator: boolean): Promise<Client> {
  const user = await app.newUser();
  const admin = callerOf(app, asAdmin);
  const { call } = asAdministrator ? admin : callerOf(app, user.headers);
  return {
    id: user.id,
    key: user.key,
    app,
    call,
    stranger: callerOf(app, {}),
    admin,
    ok: async (shape, method, path, sent) => {
      const { status, body } = await call(method, path, sent);
      expect([method, path, status, status === 200 ? '' : body]).toEqual([method, path, 200, '']);
      return shape.parse(body);
    },
    status: async (method, path, sent) => (await call(method, path, sent)).status,
    estate: () => estateOf(app, user.id),
  };
}

async function estateOf({ store }: RunningApp, userId: string): Promise<unknown[]> {
  const all = { limit: 100, order: 'asc' } as const;
  const agents = (await store.agents.page(userId, all)).items;
  const minds = agents.map(async (agent) => {
    const memory = await store.memories.findByKey(agent.id, 'default');
    const conversation = await store.conversations.find(agent.mainConversationId ?? '');
    return [memory, memory === null ? [] : await store.memories.blocks(memory.id), conversation];
  });
  const shelves = [store.tools, store.presets, store.libraries, store.conversations];
  return [agents, ...(await Promise.all([...minds, ...shelves.map((shelf) => shelf.page(userId, all))]))];
}

function callerOf(app: RunningApp, credential: Record<string, string>): Caller {
  return {
    call: async (method, path, sent = {}) => {
      const filled = path.replaceAll(/\{(\w+)\}/gu, (_all, name: string) => encodeURIComponent(valueOf(sent, name)));
      const query = new URLSearchParams(sent.query).toString();
      const url = `${app.url}${filled}${query === '' ? '' : `?${query}`}`;
      const isJson = sent.file === undefined && sent.body !== undefined;
      const headers = { ...credential, ...(isJson ? { 'content-type': 'application/json' } : {}) };
      const body = sent.file === undefined ? JSON.stringify(sent.body) : formOf(sent.file);
      const response = await fetch(url, { method, headers, body });
      return { status: response.status, body: bodyOf(response, await response.text()) };
    },
  };
}

function valueOf(sent: Sent, name: string): string {
  const value = sent.path?.[name];
  if (value === undefined) throw new Error(`Tell the request a value for ${name}.`);
  return value;
}

function formOf(file: { name: string; content: string }): FormData {
  const form = new FormData();
  form.append('file', new Blob([file.content]), file.name);
  return form;
}

function bodyOf(response: Response, text: string): unknown {
  const type = response.headers.get('content-type') ?? '';
  if (type.startsWith('application/json')) return JSON.parse(text) as unknown;
  if (!type.startsWith('text/event-stream')) return text;
  const payloads = text.split('\n').flatMap((line) => (line.startsWith('data: ') ? [line.slice('data: '.length)] : []));
  return payloads.map((payload) => (payload.startsWith('{') ? (JSON.parse(payload) as unknown) : payload));
}
