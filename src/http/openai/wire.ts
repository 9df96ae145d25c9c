import type { Agent } from '../../domain/agent.js';
import type { Conversation } from '../../domain/conversation.js';
import { endOf, type CutReason, type Message, type MessagePart } from '../../domain/message.js';
import { attachmentsOf, type ToolResources } from '../../services/file-references.js';
import { hostedToolsOf } from '../../domain/assistant.js';
import { savedKey, withSaved } from '../../domain/saved-fields.js';
import { annotationsToWire } from './citations.js';
import { spellId } from './ids.js';
import { toolsToWire } from './tools.js';

/** A time as this face writes it: whole seconds since 1970. */
export function toSeconds(at: number): number {
  return Math.floor(at / 1_000);
}

/** The same for a time that may not have come. */
export function toSecondsOrNull(at: number | null): number | null {
  return at === null ? null : toSeconds(at);
}

/** An object of this face: what a list holds and a client reads. */
export type WireObject = Record<string, unknown> & { id: string; object: string };

/** The confirmation that something is gone. */
export function deletedToWire(kind: 'assistant' | 'thread' | 'thread.message', what: string, id: string): WireObject {
  return { id: spellId(what, id), object: `${kind}.deleted`, deleted: true };
}

/** An agent as an assistant. The tools it remembers with are its own affair and are not shown. */
export function assistantToWire(agent: Agent, resources: ToolResources): WireObject {
  const { settings } = agent;
  const assistant = {
    id: spellId('agent', agent.id),
    object: 'assistant',
    created_at: toSeconds(agent.createdAt),
    name: agent.name,
    description: agent.description,
    model: agent.model,
    instructions: agent.instructions,
    tools: toolsToWire(agent.tools, hostedToolsOf(agent)),
    tool_resources: assistantResources(agent, resources),
    metadata: agent.metadata,
    temperature: settings.temperature ?? 1,
    top_p: settings.topP ?? 1,
    response_format: settings.responseFormat ?? 'auto',
    reasoning_effort: settings.reasoningEffort ?? null,
  };
  return withSaved(assistant, agent.faceData[savedKey]);
}

/** A conversation as a thread. */
export function threadToWire(conversation: Conversation, resources: ToolResources): WireObject {
  const thread = {
    id: spellId('conversation', conversation.id),
    object: 'thread',
    created_at: toSeconds(conversation.createdAt),
    metadata: conversation.metadata,
    tool_resources: resourcesToWire(resources),
  };
  return withSaved(thread, conversation.faceData?.[savedKey]);
}

/** An assistant shows the resources of the tools it has, and those that are there without a tool. */
function assistantResources(agent: Agent, resources: ToolResources): Record<string, unknown> {
  const { code_interpreter, file_search } = resourcesToWire(resources);
  const has = (type: string): boolean => hostedToolsOf(agent).some(({ tool }) => tool['type'] === type);
  return {
    ...(has('code_interpreter') || resources.codeFileIds.length > 0 ? { code_interpreter } : {}),
    ...(has('file_search') || resources.libraryIds.length > 0 ? { file_search } : {}),
  };
}

function resourcesToWire({ codeFileIds, libraryIds }: ToolResources) {
  return {
    code_interpreter: { file_ids: codeFileIds.map((id) => spellId('file', id)) },
    file_search: { vector_store_ids: libraryIds.map((id) => spellId('library', id)) },
  };
}

/** What was said, as a message of a thread. What a caller brought names neither an assistant nor a run. */
export function messageToWire(message: Message): WireObject {
  const { agentId, runId, status } = message;
  const end = endOf(message);
  const endedAt = toSeconds(end?.at ?? message.createdAt);
  const wire = {
    id: spellId('message', message.id),
    object: 'thread.message',
    created_at: toSeconds(message.createdAt),
    assistant_id: agentId === null ? null : spellId('agent', agentId),
    thread_id: spellId('conversation', message.conversationId),
    run_id: agentId === null || runId === null ? null : spellId('run', runId),
    status,
    incomplete_details: status === 'incomplete' ? { reason: reasonOf(end?.cut ?? null) } : null,
    incomplete_at: status === 'incomplete' ? endedAt : null,
    completed_at: status === 'completed' ? endedAt : null,
    role: message.role === 'user' ? 'user' : 'assistant',
    content: message.parts.flatMap(partToWire),
    attachments: attachmentsOf(message).map(({ fileId, tools }) => ({
      file_id: spellId('file', fileId),
      tools: tools.map((type) => ({ type })),
    })),
    metadata: message.metadata,
  };
  return withSaved(wire, message.faceData[savedKey]);
}

/** An empty text is one of which nothing has come yet, and is left out: clients add what they are sent later. */
function partToWire(part: MessagePart): Record<string, unknown>[] {
  switch (part.type) {
    case 'text':
      if (part.text === '') return [];
      return [
        { type: 'text', text: { value: part.text, annotations: annotationsToWire(part.text, part.annotations ?? []) } },
      ];
    case 'image': {
      const detail = part.detail ?? 'auto';
      if (part.url !== null) return [{ type: 'image_url', image_url: { url: part.url, detail } }];
      return part.fileId === null
        ? []
        : [{ type: 'image_file', image_file: { file_id: spellId('file', part.fileId), detail } }];
    }
    case 'reasoning':
    case 'tool-call':
    case 'tool-result':
      return [];
    default:
      return part satisfies never;
  }
}

/** Where nothing is on record the run was lost with its worker. */
function reasonOf(cut: CutReason | null): string {
  switch (cut) {
    case 'max_output_tokens':
      return 'max_tokens';
    case 'content_filter':
      return 'content_filter';
    case 'cancelled':
      return 'run_cancelled';
    case 'expired':
      return 'run_expired';
    case 'failed':
    case null:
      return 'run_failed';
    default:
      return cut satisfies never;
  }
}
