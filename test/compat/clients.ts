import OpenAI from 'openai';
import OpenAIv4 from 'openai-v4';
import type { ContractWatch } from '../support/contract.js';

/** A server that clients are pointed at, and the watch over what it answers. */
export interface Target {
  baseUrl: string;
  apiKey: string;
  watch: ContractWatch;
}

/** A thing of the face, as both clients give it. */
export interface Thing {
  id: string;
  name?: string | null;
  metadata?: unknown;
}

/** How one of the clients is asked for a list. */
export interface ListAsk {
  limit?: number;
  order?: 'asc' | 'desc';
  after?: string;
  before?: string;
  run_id?: string;
}

/** A list as a client gives it: a page, and everything after it when it is walked through. */
export type Walkable = Promise<{ data: Thing[] }> & AsyncIterable<Thing>;

/** The methods of one client for assistants, threads and messages; their arguments differ from release to release. */
export interface Driver {
  release: string;
  createAssistant(body: OpenAI.Beta.AssistantCreateParams): Promise<Thing>;
  retrieveAssistant(id: string): Promise<Thing>;
  updateAssistant(id: string, body: OpenAI.Beta.AssistantUpdateParams): Promise<Thing>;
  listAssistants(ask: ListAsk): Walkable;
  deleteAssistant(id: string): Promise<{ deleted: boolean }>;
  createThread(body?: OpenAI.Beta.ThreadCreateParams): Promise<Thing>;
  retrieveThread(id: string): Promise<Thing>;
  updateThread(id: string, body: OpenAI.Beta.ThreadUpdateParams): Promise<Thing>;
  deleteThread(id: string): Promise<{ deleted: boolean }>;
  createMessage(threadId: string, content: string): Promise<Thing>;
  retrieveMessage(threadId: string, id: string): Promise<Thing>;
  updateMessage(threadId: string, id: string, metadata: Record<string, string>): Promise<Thing>;
  listMessages(threadId: string, ask: ListAsk): Walkable;
  deleteMessage(threadId: string, id: string): Promise<{ deleted: boolean }>;
}

/** The sixth release. */
export function driveSixth({ baseUrl, apiKey, watch }: Target): Driver {
  const client = new OpenAI({ apiKey, baseURL: baseUrl, maxRetries: 0, fetch: watch.fetch });
  const { assistants, threads } = client.beta;
  return {
    release: 'openai 6',
    createAssistant: (body) => assistants.create(body),
    retrieveAssistant: (id) => assistants.retrieve(id),
    updateAssistant: (id, body) => assistants.update(id, body),
    listAssistants: (ask) => assistants.list(ask),
    deleteAssistant: (id) => assistants.delete(id),
    createThread: (body) => threads.create(body),
    retrieveThread: (id) => threads.retrieve(id),
    updateThread: (id, body) => threads.update(id, body),
    deleteThread: (id) => threads.delete(id),
    createMessage: (id, content) => threads.messages.create(id, { role: 'user', content }),
    retrieveMessage: (thread_id, id) => threads.messages.retrieve(id, { thread_id }),
    updateMessage: (thread_id, id, metadata) => threads.messages.update(id, { thread_id, metadata }),
    listMessages: (id, ask) => threads.messages.list(id, ask),
    deleteMessage: (thread_id, id) => threads.messages.delete(id, { thread_id }),
  };
}

/** A client of the fourth release, watched like the sixth. */
export function fourthClient({ baseUrl, apiKey, watch }: Target): OpenAIv4 {
  // The types are those of another fetch; this one has all that the client calls.
  const fetch = watch.fetch as unknown as NonNullable<ConstructorParameters<typeof OpenAIv4>[0]>['fetch'];
  return new OpenAIv4({ apiKey, baseURL: baseUrl, maxRetries: 0, fetch });
}

/** The fourth release. */
export function driveFourth(target: Target): Driver {
  const { assistants, threads } = fourthClient(target).beta;
  type Create = OpenAIv4.Beta.AssistantCreateParams;
  return {
    release: 'openai 4',
    createAssistant: (body) => assistants.create(body as Create),
    retrieveAssistant: (id) => assistants.retrieve(id),
    updateAssistant: (id, body) => assistants.update(id, body as OpenAIv4.Beta.AssistantUpdateParams),
    listAssistants: (ask) => assistants.list(ask),
    deleteAssistant: (id) => assistants.del(id),
    createThread: (body) => (body === undefined ? threads.create() : threads.create(body)),
    retrieveThread: (id) => threads.retrieve(id),
    updateThread: (id, body) => threads.update(id, body),
    deleteThread: (id) => threads.del(id),
    createMessage: (id, content) => threads.messages.create(id, { role: 'user', content }),
    retrieveMessage: (threadId, id) => threads.messages.retrieve(threadId, id),
    updateMessage: (threadId, id, metadata) => threads.messages.update(threadId, id, { metadata }),
    listMessages: (id, ask) => threads.messages.list(id, ask),
    deleteMessage: (threadId, id) => threads.messages.del(threadId, id),
  };
}
