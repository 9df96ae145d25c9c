import { Agent, request } from 'node:http';
import { firstMark, lastMark } from './reply-text.js';

/** Milliseconds from the sending of a request. */
export interface Times {
  /** Until the first byte of the reply's words was there. */
  firstToken: number;
  /** Until the answer had ended. */
  total: number;
}

/** A request that is sent again and again. */
export interface Target {
  url: string;
  body: unknown;
  headers?: Readonly<Record<string, string>>;
}

/** Sends requests over connections that it keeps. */
export interface Client {
  /** Sends and reads to the end. Throws where the answer is no success or does not hold the whole reply. */
  send(target: Target): Promise<Times>;
  /** Sends and returns the JSON of the answer. */
  json(target: Target): Promise<unknown>;
  close(): void;
}

/** The same client for everything that is measured: it looks for two bytes and parses nothing. */
export function createClient(): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity });
  return {
    send: async (target) => {
      const { text, ...times } = await post(agent, target);
      if (!text.includes(lastMark)) throw new Error(`${target.url} broke off: ${text.slice(-300)}`);
      return times;
    },
    json: async (target) => JSON.parse((await post(agent, target)).text) as unknown,
    close: () => agent.destroy(),
  };
}

function post(agent: Agent, { url, body, headers }: Target): Promise<Times & { text: string }> {
  const payload = JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const sentAt = performance.now();
    const sent = request(
      url,
      {
        method: 'POST',
        agent,
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload), ...headers },
      },
      (response) => {
        let text = '';
        let firstToken: number | null = null;
        response.setEncoding('utf8');
        response.on('data', (piece: string) => {
          if (firstToken === null && piece.includes(firstMark)) firstToken = performance.now() - sentAt;
          text += piece;
        });
        response.on('error', reject);
        response.on('end', () => {
          const total = performance.now() - sentAt;
          if (response.statusCode === 200) resolve({ firstToken: firstToken ?? total, total, text });
          else reject(new Error(`${url} answered ${response.statusCode ?? 0}: ${text.slice(0, 300)}`));
        });
      },
    );
    sent.on('error', reject);
    sent.end(payload);
  });
}
