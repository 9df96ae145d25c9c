import OpenAI from 'openai';
import OpenAIv4 from 'openai-v4';
import { watchContract, type ContractWatch } from '../support/contract.js';
import { startMockUpstream, type MockUpstream } from '../support/mock-upstream.js';
import { createMachine, serverPassword, startServer } from '../support/server-process.js';

/** The built program, started by its command on an empty machine, as its clients see it. */
export interface ServedHouse {
  watch: ContractWatch;
  /** The sixth release of the official client. */
  client(options?: ConstructorParameters<typeof OpenAI>[0]): OpenAI;
  /** The fourth. */
  earlyClient(): OpenAIv4;
  /** Kills the server and starts another on the same data. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** Where its models are: at a mock, or the built-in stand-in where there is none. */
export async function serveHouse(upstream: MockUpstream | null): Promise<ServedHouse> {
  const machine = createMachine();
  const watch = watchContract();
  const env: Record<string, string> =
    upstream === null ? {} : { OPENAI_BASE_URL: upstream.url, OPENAI_API_KEY: 'sk-test' };
  let server = await startServer(machine, { env });
  const address = () => ({ apiKey: serverPassword, baseURL: `${server.url}/v1`, maxRetries: 0 });
  return {
    watch,
    client: (options) => new OpenAI({ ...address(), fetch: watch.fetch, ...options }),
    earlyClient: () => {
      // The types are those of another fetch; this one has all that the client calls.
      const fetch = watch.fetch as unknown as NonNullable<ConstructorParameters<typeof OpenAIv4>[0]>['fetch'];
      return new OpenAIv4({ ...address(), fetch });
    },
    restart: async () => {
      await server.kill();
      server = await startServer(machine, { env });
    },
    close: async () => {
      await machine.finish();
      await watch.settle();
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
