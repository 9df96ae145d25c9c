import OpenAI from 'openai';
import { startApp, adminPassword, type AppOptions, type RunningApp } from '../http/running-app.js';
import { watchContract, type ContractWatch } from './contract.js';

/** An answer, read. */
export interface Answer {
  status: number;
  headers: Headers;
  body: Body;
}

/** A JSON object of the face: what tests look into most often by its type, everything else as unknown. */
export interface Body {
  id: string;
  object: string;
  status: string;
  data: Body[];
  content: { type: string; text?: { value: string; annotations: unknown[] } }[];
  error?: { message: string; type: string; param: string | null; code: string | null };
  [field: string]: unknown;
}

/** The OpenAI face of a running app, everything it answers held against the contract. */
export interface OpenaiFace {
  app: RunningApp;
  watch: ContractWatch;
  /** The address that clients are given. */
  baseUrl: string;
  /** An official client of the administrator; `options` are the client's own. */
  client(options?: ConstructorParameters<typeof OpenAI>[0]): OpenAI;
  /** Sends one request; `path` begins after the base address unless it names a face of its own. */
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Checks what is still to be checked and closes everything. */
  close(): Promise<void>;
}

/** Starts an app and watches its OpenAI face. */
export async function startFace(options: AppOptions = {}): Promise<OpenaiFace> {
  const app = await startApp(options);
  const watch = watchContract();
  const baseUrl = `${app.url}/v1`;
  return {
    app,
    watch,
    baseUrl,
    client: (own) => new OpenAI({ apiKey: adminPassword, baseURL: baseUrl, maxRetries: 0, fetch: watch.fetch, ...own }),
    send: async (method, path, body, headers = {}) => {
      const url = /^\/+(?:v1|openai|api)\b/u.test(path) ? `${app.url}${path}` : `${baseUrl}${path}`;
      const response = await watch.fetch(url, {
        method,
        headers: { authorization: `Bearer ${adminPassword}`, 'content-type': 'application/json', ...headers },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      return { status: response.status, headers: response.headers, body: (await response.json()) as Body };
    },
    close: async () => {
      try {
        await watch.settle();
      } finally {
        await app.close();
      }
    },
  };
}
