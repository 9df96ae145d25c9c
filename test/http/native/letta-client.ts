import supertest, { type Response } from 'supertest';
import { afterAll, beforeAll, expect } from 'vitest';
import type { z } from 'zod';
import { agentReply } from '../../../src/http/native/letta/replies.js';
import { startApp, type RunningApp } from '../running-app.js';

type Verb = 'get' | 'post' | 'patch' | 'delete';

/** What a client of Letta 0.4 does, as one user of a server that stands from the first test of a file to its last. */
export interface LettaClient {
  app(): RunningApp;
  user(): Awaited<ReturnType<RunningApp['newUser']>>;
  /** Sends a request, as the user where no other headers are given. */
  call(verb: Verb, path: string, body?: object, headers?: object): Promise<Response>;
  /** Makes an agent with two blocks and two tools. */
  newAgent(name: string, more?: object): Promise<z.infer<typeof agentReply>>;
}

/** The body of an answer, which must have exactly the members of its schema. */
export function exact<T extends z.ZodType>(schema: T, answer: Response): z.infer<T> {
  expect([answer.status, answer.text]).toEqual([200, expect.any(String)]);
  return schema.parse(answer.body);
}

/** A block as it is sent. */
export const block = (label: string, value: string): Record<string, unknown> => ({ label, value, limit: 2_000 });

/** Such a client. To be called at the top of a test file. */
export function lettaClient(): LettaClient {
  let app: RunningApp;
  let user: Awaited<ReturnType<RunningApp['newUser']>>;
  beforeAll(async () => {
    app = await startApp({
      script: (request) => ({
        text: 'A short greeting is enough.',
        calls: [
          { name: 'send_message', arguments: { message: `Grüße, ${request.messages.length > 0 ? 'Ines' : ''}!` } },
        ],
      }),
    });
    user = await app.newUser();
  });
  afterAll(() => app.close());
  const call: LettaClient['call'] = (verb, path, body, headers = user.headers) => {
    const request = supertest(app.server)
      [verb](path)
      .set({ ...headers });
    return body === undefined ? request : request.send(body);
  };
  return {
    app: () => app,
    user: () => user,
    call,
    newAgent: async (name, more = {}) =>
      exact(
        agentReply,
        await call('post', '/v1/agents/', {
          name,
          memory: { memory: { human: block('human', 'Name: Ines'), goals: block('goals', 'Learn to sail.') } },
          tools: ['conversation_search', 'archival_memory_search'],
          ...more,
        }),
      ),
  };
}
