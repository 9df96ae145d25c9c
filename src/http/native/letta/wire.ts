import { defaultOrganisationId, toLettaId } from '../../../domain/ids.js';
import type { Block } from '../../../domain/memory.js';
import type { Organisation } from '../../../domain/organisation.js';
import type { ApiKey, User } from '../../../domain/user.js';
import type { AgentDetails } from '../../../services/agent-view.js';
import type { ArchivedText } from '../../../services/archive-list.js';
import type { LabelledText } from '../../../services/blocks.js';
import type { History } from '../../../services/messages.js';
import type { ShownTool } from '../../../services/stored-tools.js';
import { shownMessage } from '../history-wire.js';
import { metadataOf } from '../wire.js';

type Wire = Record<string, unknown>;

/** Renders the blocks of a memory the way clients of Letta 0.4 know; they only carry it around. */
const promptTemplate =
  '{% for block in memory.values() %}<{{ block.label }} characters="{{ block.value|length }}/{{ block.limit }}">\n' +
  '{{ block.value }}\n</{{ block.label }}>\n{% endfor %}';

/** A time in UTC with an offset and whole seconds. */
export function toSecondTime(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}+00:00`;
}

/** A time in UTC with an offset. */
export function toLettaTime(at: number): string {
  return new Date(at).toISOString().replace('Z', '+00:00');
}

/** An agent. */
export function agentToWire(details: AgentDetails): Wire {
  const { agent, blocks, tools } = details;
  return {
    id: toLettaId('agent', agent.id),
    name: agent.name ?? agent.id,
    description: agent.description,
    metadata_: metadataOf(agent),
    user_id: toLettaId('user', agent.ownerId),
    created_at: toLettaTime(agent.createdAt),
    message_ids: details.liveMessageIds.map((id) => toLettaId('message', id)),
    memory: memoryToWire(blocks, agent.ownerId),
    tools: tools.map((tool) => tool.name),
    system: agent.instructions ?? '',
    // The client of 0.5 names it and cannot do without; that of 0.4 refuses it.
    ...(typeof agent.faceData['agentType'] === 'string' ? { agent_type: agent.faceData['agentType'] } : {}),
    llm_config: llmConfigToWire(details),
    embedding_config: embeddingConfigToWire(details),
  };
}

/** What an agent always has in mind. */
export function memoryToWire(blocks: readonly Block[], ownerId: string): Wire {
  const shown = blocks.map((block): [string, Wire] => [
    block.label,
    labelledTextToWire({ ...block, name: null, offered: false, metadata: {}, ownerId }),
  ]);
  return { memory: Object.fromEntries(shown), prompt_template: promptTemplate };
}

/** A block, wherever it stands. */
export function labelledTextToWire(block: LabelledText): Wire {
  return {
    id: toLettaId('block', block.id),
    value: block.value,
    limit: block.charsMax,
    name: block.name,
    template: block.offered,
    label: block.label,
    description: block.description === '' ? null : block.description,
    metadata_: block.metadata,
    user_id: block.ownerId === null ? null : toLettaId('user', block.ownerId),
  };
}

/** A model as it was resolved. Where it is reached is not told. */
export function llmConfigToWire({ model }: Pick<AgentDetails, 'model'>): Wire {
  return {
    model: model.name,
    model_endpoint_type: model.provider ?? 'unknown',
    model_endpoint: '',
    model_wrapper: null,
    context_window: model.contextWindow,
  };
}

/** The length of the vectors that clients expect where nobody has told of another. */
const usualDimensions = 1_536;

/** Who makes vectors. Where nobody does, the archive is searched by words, and the members say so. */
export function embeddingConfigToWire({ embedder }: Pick<AgentDetails, 'embedder'>): Wire {
  return {
    embedding_endpoint_type: embedder?.provider ?? 'threadkeeper',
    embedding_endpoint: null,
    embedding_model: embedder?.name ?? 'word-search',
    embedding_dim: embedder === null ? 0 : usualDimensions,
    embedding_chunk_size: 300,
    azure_endpoint: null,
    azure_version: null,
    azure_deployment: null,
  };
}

/** A passage of an agent's archive, or of a source that it has. */
export function passageToWire(passage: ArchivedText, agentId: string, ownerId: string): Wire {
  return {
    id: toLettaId('passage', passage.id),
    text: passage.text,
    embedding: null,
    embedding_config: null,
    created_at: toLettaTime(passage.createdAt),
    user_id: toLettaId('user', ownerId),
    agent_id: toLettaId('agent', agentId),
    source_id: passage.source === null ? null : toLettaId('library', passage.source.libraryId),
    doc_id: passage.source === null ? null : toLettaId('file', passage.source.fileId),
    metadata_: {},
  };
}

/** Messages as they are stored. */
export function storedMessagesToWire({ agent, entries }: History): Wire[] {
  return entries.map((entry) => {
    const { message } = entry;
    const shown = shownMessage(entry);
    return {
      id: toLettaId('message', message.id),
      role: message.role,
      text: shown.text,
      user_id: toLettaId('user', agent.ownerId),
      agent_id: toLettaId('agent', agent.id),
      model: message.role === 'assistant' ? agent.model : null,
      name: shown.name,
      created_at: toLettaTime(message.createdAt),
      tool_calls:
        shown.calls.length === 0
          ? null
          : shown.calls.map(({ id, name, arguments: text }) => ({
              id,
              type: 'function',
              function: { name, arguments: text },
            })),
      tool_call_id: shown.callId,
    };
  });
}

/** Messages as they are told: a thought, a call or a result each. */
export function toldMessagesToWire({ entries }: History): Wire[] {
  return entries.flatMap((entry): Wire[] => {
    const { message } = entry;
    const shown = shownMessage(entry);
    const head = { id: toLettaId('message', message.id), date: toSecondTime(message.createdAt) };
    switch (message.role) {
      case 'system':
        return [{ ...head, message_type: 'system_message', message: shown.text ?? '' }];
      case 'user':
        return [{ ...head, message_type: 'user_message', message: shown.text ?? '' }];
      case 'tool': {
        const status = shown.failed ? 'error' : 'success';
        return [{ ...head, message_type: 'function_return', function_return: shown.text ?? '', status }];
      }
      case 'assistant': {
        const calls = shown.calls.map(({ name, arguments: text }) => ({
          ...head,
          message_type: 'function_call',
          function_call: { name, arguments: text },
        }));
        if (shown.text === null) return calls;
        return [{ ...head, message_type: 'internal_monologue', internal_monologue: shown.text }, ...calls];
      }
      default:
        return message.role satisfies never;
    }
  });
}

/** A tool. The source of a built-in one is ours and empty. */
export function toolToWire(tool: ShownTool): Wire {
  return {
    id: toLettaId('tool', tool.id),
    name: tool.name,
    tags: tool.tags,
    source_code: tool.sourceCode,
    json_schema: tool.jsonSchema,
    description: tool.description,
    source_type: tool.sourceType,
    module: tool.module,
    user_id: tool.ownerId === null ? null : toLettaId('user', tool.ownerId),
  };
}

/** A user. */
export function userToWire(user: User): Wire {
  return {
    id: toLettaId('user', user.id),
    name: user.name ?? user.id,
    created_at: toLettaTime(user.createdAt),
    org_id: toLettaId('organisation', user.organisationId ?? defaultOrganisationId),
  };
}

/** A key, with its secret where it has just been made. */
export function keyToWire(key: ApiKey, secret: string | null): Wire {
  const at = new Date(key.createdAt).toISOString();
  return {
    id: toLettaId('key', key.id),
    user_id: toLettaId('user', key.userId),
    key: secret ?? key.hint,
    name: key.name ?? `API Key ${at.slice(0, 10)} ${at.slice(11, 19)}`,
  };
}

/** An organisation. */
export function organisationToWire({ id, name, createdAt }: Organisation): Wire {
  return { id: toLettaId('organisation', id), name, created_at: toLettaTime(createdAt) };
}
