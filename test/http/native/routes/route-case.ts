import { expect } from 'vitest';
import type { z } from 'zod';
import type { Client } from './client.js';

/** The families of old clients: MemGPT 0.3.3 to 0.3.11, MemGPT 0.3.12 to 0.3.25, Letta 0.4. */
export type Era = 'memgpt-early' | 'memgpt-late' | 'letta-0.4';

/** What goes with a request. */
export interface Sent {
  /** Values of the path's parameters. */
  path?: Record<string, string>;
  query?: Record<string, string>;
  body?: unknown;
  file?: { name: string; content: string };
  /** What was made beforehand, for the effect to look at. */
  made?: unknown;
}

/** A request that is refused: the valid one with other parts, without a credential, or by another method. */
export interface Refusal {
  but?: Sent;
  method?: string;
  anonymous?: true;
  status: number;
  /** The whole of `detail`, or of its first fault the type and the place. */
  says: string | [type: string, ...place: string[]];
}

/** What an old client sends to a route, what it reads, and what must have come of it. */
export interface RouteDefinition<T, S extends Sent> {
  /** `POST /api/agents/{agent_id}/archival`, as the table of routes has it. */
  route: string;
  /** The families whose client sends it in this form. */
  eras: readonly Era[];
  /** The form, where a route is asked in more than one. */
  form?: string;
  send(client: Client): Promise<S> | S;
  /** The exact shape of the reply; of a stream, of the list of its payloads. */
  shape: z.ZodType<T>;
  /** Fails unless the reply is true and what was asked for has been done. */
  effect(facts: { client: Client; reply: T; sent: S }): Promise<void> | void;
  refusal: Refusal;
}

/** A row of a table of routes, of which the types are settled inside. */
export interface RouteCase {
  route: string;
  eras: readonly Era[];
  form: string;
  /** Sends the valid request to the path and checks what comes of it; returns what was sent. */
  isServed(client: Client, path: string): Promise<Sent>;
  /** Sends the request that is refused; fails unless it is, in the words expected, and leaves everything as it was. */
  isRefused(client: Client, path: string, sent: Sent): Promise<void>;
}

/** Every release of MemGPT. */
export const memgpt: readonly Era[] = ['memgpt-early', 'memgpt-late'];

/** The id of nothing. */
export const nobody = '0198a5f0-0000-7000-8000-00000000beef';

/** Without a credential nobody gets past the door. */
export const withoutCredential: Refusal = { anonymous: true, status: 403, says: 'Not authenticated' };

/** Declares a row. */
export function routeCase<T, S extends Sent>(row: RouteDefinition<T, S>): RouteCase {
  const [method = ''] = row.route.split(' ');
  return {
    route: row.route,
    eras: row.eras,
    form: row.form ?? '',
    isServed: async (client, path) => {
      const sent = await row.send(client);
      const answer = await client.call(method, path, sent);
      expect([answer.status, answer.status === 200 ? '' : answer.body]).toEqual([200, '']);
      await row.effect({ client, reply: row.shape.parse(answer.body), sent });
      return sent;
    },
    isRefused: async (client, path, sent) => {
      const { but = {}, anonymous, status, says } = row.refusal;
      const asked = row.refusal.method ?? method;
      const before = await client.estate();
      const changed: Sent = {
        ...sent,
        ...but,
        path: { ...sent.path, ...but.path },
        query: { ...sent.query, ...but.query },
      };
      const answer = await (anonymous === true ? client.stranger : client).call(asked, path, changed);
      expect([answer.status, saidBy(answer.body, says)]).toEqual([status, says]);
      expect(await client.estate()).toEqual(before);
    },
  };
}

function saidBy(body: unknown, says: Refusal['says']): unknown {
  const { detail } = body as { detail?: unknown };
  if (typeof says === 'string' || !Array.isArray(detail)) return detail;
  const [fault] = detail as { type: string; loc: unknown[] }[];
  return [fault?.type, ...(fault?.loc ?? [])];
}
