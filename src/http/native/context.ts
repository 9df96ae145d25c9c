import { z } from 'zod';
import type { IdKind } from '../../domain/ids.js';
import { charsOf } from '../../domain/memory.js';
import { textOf } from '../../domain/message.js';
import type { AgentContext, ContextView, LiveMessage, LiveReason } from '../../services/context-view.js';
import { callerOf, defineRoute, type Route } from '../route.js';
import { idText } from './schemas.js';
import { toIsoTime } from './wire.js';

/** What differs between the two places at which prompts are shown. */
export interface ContextPlace {
  path: string;
  tag: string;
  params: z.ZodType<{ agent_id: string }>;
  /** An id as clients of that place know it. */
  spell(kind: IdKind, id: string): string;
}

const contextQuery = z.object({
  conversation_id: idText('conversation')
    .optional()
    .meta({ description: "A conversation or thread; the agent's own where none is named." }),
});

const text = z.string();
const tokens = z.int();
const anyObject = z.record(text, z.unknown());
const weighed = z.object({ tokens, text });

const contextReply = z
  .object({
    agent_id: text,
    conversation_id: text,
    memory: z.object({ id: text, key: text }),
    model: text,
    window: z.object({
      size: tokens,
      reserved_for_reply: tokens,
      usable: tokens,
      compacts_at: tokens,
      compacts_to: tokens,
      current: tokens.meta({
        description: 'As the provider would count, as far as it has taught that; the parts below add up to it.',
      }),
    }),
    instructions: weighed,
    rules: weighed,
    introduction: weighed,
    blocks: z.array(
      weighed.extend({
        label: text,
        chars: z.int(),
        limit: z.int(),
        read_only: z.boolean(),
        version: z.int(),
        value: text,
      }),
    ),
    counts: weighed,
    tools: z.object({ tokens, names: z.array(text) }),
    summary: weighed
      .extend({ covers: z.tuple([z.int(), z.int()]), compactions: z.int(), model: text, created_at: text })
      .nullable(),
    in_context: z.array(anyObject),
    notes: weighed,
    out_of_context: z.object({ messages: z.int(), passages: z.int(), sources: z.array(anyObject), find_with: text }),
    context_window_size_max: tokens,
    context_window_size_current: tokens,
    num_messages: z.int(),
    num_archival_memory: z.int(),
    num_recall_memory: z.int(),
    num_tokens_external_memory_summary: tokens,
    external_memory_summary: text,
    num_tokens_system: tokens,
    system_prompt: text,
    num_tokens_tool_usage_rules: tokens,
    tool_usage_rules: text.nullable(),
    num_tokens_core_memory: tokens,
    core_memory: text,
    num_tokens_summary_memory: tokens,
    summary_memory: text.nullable(),
    num_tokens_functions_definitions: tokens,
    functions_definitions: z.array(anyObject),
    num_tokens_messages: tokens,
    messages: z.array(anyObject),
  })
  .meta({ id: 'ContextWindow' });

/** The route that shows a prompt, in one of its places. */
export function contextRoute({ path, tag, params, spell }: ContextPlace): Route {
  return defineRoute({
    method: 'get',
    path,
    tag,
    access: 'user',
    summary: 'See what is in the prompt of an agent now, part by part, and why',
    params,
    query: contextQuery,
    response: contextReply,
    handle: async (call) => {
      const { agent_id: agentId } = call.params;
      const context = await call.services.contexts.view(callerOf(call), agentId, call.query.conversation_id);
      return { json: { ...ownToWire(context, path, spell), ...lettaToWire(context.view, spell) } };
    },
  });
}

type Wire = Record<string, unknown>;

function ownToWire({ agent, conversation, view }: AgentContext, path: string, spell: ContextPlace['spell']): Wire {
  const search = path.replace('{agent_id}', spell('agent', agent.id)).replace(/context$/u, 'memory/search');
  return {
    agent_id: spell('agent', agent.id),
    conversation_id: spell('conversation', conversation.id),
    memory: { id: spell('memory', view.memory.id), key: view.memory.key },
    model: view.model,
    window: {
      size: view.windowTokens,
      reserved_for_reply: view.windowTokens - view.promptTokens,
      usable: view.promptTokens,
      compacts_at: view.compactAtTokens,
      compacts_to: view.compactToTokens,
      current: view.tokens,
    },
    instructions: view.instructions,
    rules: view.rules,
    introduction: view.introduction,
    blocks: view.blocks.map(({ block, ...part }) => ({
      label: block.label,
      chars: charsOf(block.value),
      limit: block.charsMax,
      read_only: block.readOnly,
      version: block.version,
      value: block.value,
      ...part,
    })),
    counts: view.counts,
    tools: { tokens: view.tools.tokens, names: view.tools.definitions.map((tool) => tool.name) },
    summary: summaryToWire(view.summary),
    in_context: view.messages.map((live) => liveToWire(live, spell)),
    notes: view.notes,
    out_of_context: {
      messages: view.hiddenMessages,
      passages: view.passageCount,
      sources: view.libraries.map(({ id, name, passageCount }) => ({
        id: spell('library', id),
        name,
        passages: passageCount,
      })),
      find_with: `GET ${search}?conversation_id=${spell('conversation', conversation.id)}&query=`,
    },
  };
}

function summaryToWire(summary: ContextView['summary']): Wire | null {
  if (summary === null) return null;
  const { about, text: told, tokens: weight } = summary;
  const { covers, compactions, model, createdAt } = about;
  return { text: told, tokens: weight, covers, compactions, model, created_at: toIsoTime(createdAt) };
}

const reasons: Record<LiveReason, string> = {
  'since-beginning': 'Nothing has left this conversation’s window yet.',
  'since-compaction': 'It came after what the last compaction summarised.',
  'what-was-asked': 'It scrolled out, and stays in view because it is what the agent was asked.',
};

function liveToWire({ message, tokens: weight, reason }: LiveMessage, spell: ContextPlace['spell']): Wire {
  const { id, seq, role, kind, name, createdAt } = message;
  const calls = message.parts.flatMap((part) => (part.type === 'tool-call' ? [part.name] : []));
  return {
    id: spell('message', id),
    seq,
    role,
    kind,
    name,
    tokens: weight,
    why: weight === 0 ? 'Its words stand in the call that said them.' : reasons[reason],
    text: textOf(message),
    ...(calls.length === 0 ? {} : { calls }),
    created_at: toIsoTime(createdAt),
  };
}

/** The same in the words of Letta's later servers, for the pages that show it. */
function lettaToWire(view: ContextView, spell: ContextPlace['spell']): Wire {
  const memory = [view.introduction, ...view.blocks];
  const sum = (parts: readonly { tokens: number }[]): number => parts.reduce((total, part) => total + part.tokens, 0);
  return {
    context_window_size_max: view.windowTokens,
    context_window_size_current: view.tokens,
    num_messages: view.messages.length,
    num_archival_memory: view.passageCount,
    num_recall_memory: view.messageCount,
    num_tokens_external_memory_summary: view.counts.tokens,
    external_memory_summary: view.counts.text,
    num_tokens_system: view.instructions.tokens,
    system_prompt: view.instructions.text,
    num_tokens_tool_usage_rules: view.rules.tokens,
    tool_usage_rules: view.rules.text === '' ? null : view.rules.text,
    num_tokens_core_memory: sum(memory),
    core_memory: memory.map((part) => part.text).join('\n'),
    num_tokens_summary_memory: view.summary?.tokens ?? 0,
    summary_memory: view.summary?.text ?? null,
    num_tokens_functions_definitions: view.tools.tokens,
    functions_definitions: view.tools.definitions.map((tool) => ({ type: 'function', function: tool })),
    num_tokens_messages: sum([...view.messages, view.notes]),
    messages: view.messages.map(({ message }) => ({
      id: spell('message', message.id),
      role: message.role,
      content: [{ type: 'text', text: textOf(message) }],
      name: message.name,
      created_at: toIsoTime(message.createdAt),
    })),
  };
}
