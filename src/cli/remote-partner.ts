import { z } from 'zod';
import { AppError } from '../domain/errors.js';
import type { HttpClient } from './http-client.js';
import { findWanted, type ChatEvent, type ChatPartner, type WantedAgent } from './chat-partner.js';

const agentSchema = z.object({ id: z.string(), name: z.string().nullable() });
const listSchema = z.object({ agents: z.array(agentSchema) });
const createdSchema = z.object({ agent_state: agentSchema });
const memorySchema = z.object({ core_memory: z.record(z.string(), z.string().nullable()) });
const limitsSchema = z.object({
  agent_state: z.object({ state: z.object({ memory: z.record(z.string(), z.object({ limit: z.number() })) }) }),
});
const frameSchema = z.object({
  internal_monologue: z.string().nullish(),
  function_call: z.string().nullish(),
  assistant_message: z.string().nullish(),
  function_return: z.string().nullish(),
  status: z.string().nullish(),
  internal_error: z.string().nullish(),
  error: z.unknown().optional(),
});

/** Talks to an agent of a running server through the native face, as the default user. */
export async function openRemotePartner(client: HttpClient, wanted: WantedAgent): Promise<ChatPartner> {
  const { agents } = read(listSchema, await client.json('GET', '/api/agents'));
  const known = findWanted(agents, wanted);
  const agent = known ?? (await createAgent(client, wanted));

  async function* say(text: string, signal: AbortSignal): AsyncIterable<ChatEvent> {
    const body = { agent_id: agent.id, message: text, role: 'user', stream: true };
    for await (const data of client.events(`/api/agents/${agent.id}/messages`, body, signal)) {
      if (data.startsWith('{')) yield* toChatEvents(read(frameSchema, JSON.parse(data)));
    }
  }

  return {
    agentName: agent.name ?? agent.id,
    created: known === null,
    say,
    memory: async () => {
      const { core_memory: blocks } = read(memorySchema, await client.json('GET', `/api/agents/${agent.id}/memory`));
      const state = limitsSchema.safeParse(await client.json('GET', `/api/agents/${agent.id}`));
      return Object.entries(blocks).map(([label, value]) => ({
        label,
        value: value ?? '',
        charsMax: state.data?.agent_state.state.memory[label]?.limit ?? 0,
      }));
    },
    close: () => Promise.resolve(),
  };
}

async function createAgent(client: HttpClient, wanted: WantedAgent): Promise<z.infer<typeof agentSchema>> {
  const { name, persona, human, model } = wanted;
  const config = { ...(name === null ? {} : { name }), persona, human, ...(model === null ? {} : { model }) };
  return read(createdSchema, await client.json('POST', '/api/agents', { config })).agent_state;
}

/** Reads an answer of the server; one that is no server of this kind is told so in a sentence. */
function read<T>(schema: z.ZodType<T>, answer: unknown): T {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  throw new AppError('internal', 'The server answers in a form this program does not know.', { cause: parsed.error });
}

function toChatEvents(frame: z.infer<typeof frameSchema>): ChatEvent[] {
  if (frame.internal_error) return [{ type: 'failure', text: frame.internal_error }];
  if (frame.error !== undefined && frame.error !== null) return [{ type: 'failure', text: String(frame.error) }];
  if (frame.internal_monologue) return [{ type: 'thought', text: frame.internal_monologue }];
  if (frame.assistant_message) return [{ type: 'text', text: frame.assistant_message }];
  if (frame.function_call && !frame.function_call.startsWith('send_message(')) {
    return [{ type: 'deed', text: frame.function_call }];
  }
  if (frame.function_return && frame.status === 'error') return [{ type: 'deed', text: frame.function_return }];
  return [];
}
