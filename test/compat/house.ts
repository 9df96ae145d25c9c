import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import OpenAI from 'openai';
import OpenAIv4 from 'openai-v4';
import { composeHouse } from '../../src/compose.js';
import { loadConfig } from '../../src/config.js';
import { createLogger } from '../../src/logger.js';
import { watchContract, type ContractWatch } from '../support/contract.js';
import { startMockUpstream, type MockUpstream } from '../support/mock-upstream.js';

const password = 'ilovellms';

/** A whole server in this process, with a home of its own, as its clients see it. */
export interface ServedHouse {
  watch: ContractWatch;
  /** The sixth release of the official client. */
  client(options?: ConstructorParameters<typeof OpenAI>[0]): OpenAI;
  /** The fourth. */
  earlyClient(): OpenAIv4;
  /** Stops the server and starts another on the same data. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** Where its models are: at a mock, or the built-in stand-in where there is none. */
export async function serveHouse(upstream: MockUpstream | null): Promise<ServedHouse> {
  const home = await mkdtemp(join(tmpdir(), 'compat-'));
  const watch = watchContract();
  const models = upstream === null ? {} : { OPENAI_BASE_URL: upstream.url, OPENAI_API_KEY: 'sk-test' };
  const start = async () => {
    const config = loadConfig({
      env: { MEMGPT_SERVER_PASS: password, ...models },
      homeOverride: home,
      userHome: home,
      overrides: { host: '127.0.0.1', port: 0 },
    });
    const house = await composeHouse(config, { logger: createLogger({ level: 'silent', write: () => undefined }) });
    return { house, url: (await house.listen()).url };
  };
  let running = await start();
  return {
    watch,
    client: (options) =>
      new OpenAI({ apiKey: password, baseURL: `${running.url}/v1`, maxRetries: 0, fetch: watch.fetch, ...options }),
    earlyClient: () => {
      // The types are those of another fetch; this one has all that the client calls.
      const fetch = watch.fetch as unknown as NonNullable<ConstructorParameters<typeof OpenAIv4>[0]>['fetch'];
      return new OpenAIv4({ apiKey: password, baseURL: `${running.url}/v1`, maxRetries: 0, fetch });
    },
    restart: async () => {
      await running.house.close();
      running = await start();
    },
    close: async () => {
      try {
        await watch.settle();
      } finally {
        await running.house.close();
        await rm(home, { recursive: true, force: true });
      }
    },
  };
}

/** A model server that looks the weather up where it may, and tells what it was told; slow to talk of slow things. */
export function startWeatherUpstream(): Promise<MockUpstream> {
  return startMockUpstream({
    tokensPerSecond: 200,
    chat: ({ body }) => {
      const { messages, tools = [] } = body as {
        messages: { role: string; content: string }[];
        tools?: { function: { name: string } }[];
      };
      const last = messages.at(-1);
      const offersWeather = tools.some((tool) => tool.function.name === 'get_weather');
      if (last?.role === 'tool')
        return { text: `It says: ${messages.at(-2)?.role === 'tool' ? messages.at(-2)?.content : ''} ${last.content}` };
      if (offersWeather && last?.content.includes('weather') === true) {
        return {
          calls: ['Paris', 'London'].map((location, index) => ({
            id: `call_${index}_${location}`,
            name: 'get_weather',
            arguments: JSON.stringify({ location }),
          })),
        };
      }
      if (last?.content.includes('slowly') === true) return { text: 'Once upon a time there was '.repeat(400) };
      return { text: 'Hello, I am listening.' };
    },
  });
}
