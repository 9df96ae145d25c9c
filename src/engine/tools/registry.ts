import type { ToolDefinition } from '../../domain/tool.js';
import { archivalDelete } from './archival-delete.js';
import { archivalInsert } from './archival-insert.js';
import { archivalMemoryInsert } from './archival-memory-insert.js';
import { archivalMemorySearch } from './archival-memory-search.js';
import { archivalUpdate } from './archival-update.js';
import { conversationSearch } from './conversation-search.js';
import { conversationSearchDate } from './conversation-search-date.js';
import { coreMemoryAppend } from './core-memory-append.js';
import { coreMemoryReplace } from './core-memory-replace.js';
import { fileSearch } from './file-search.js';
import { memory } from './memory.js';
import { memoryAppend } from './memory-append.js';
import { memoryApplyPatch } from './memory-apply-patch.js';
import { memoryCreate } from './memory-create.js';
import { memoryInsert } from './memory-insert.js';
import { memoryReplace } from './memory-replace.js';
import { memoryRethink } from './memory-rethink.js';
import { memoryRewrite } from './memory-rewrite.js';
import { memorySearch } from './memory-search.js';
import { pauseHeartbeats } from './pause-heartbeats.js';
import { sendMessage } from './send-message.js';
import type { Tool } from './tool.js';

/** The tools that run in this server, by name. */
export interface ToolRegistry {
  /** Null where no tool has the name. */
  find(name: string): Tool | null;
  /** The definitions of the names that are known, in their order, each once. */
  definitions(names: readonly string[]): ToolDefinition[];
  all(): Tool[];
}

/** The eight tools that every MemGPT agent had. */
export const classicTools: readonly string[] = [
  'send_message',
  'pause_heartbeats',
  'core_memory_append',
  'core_memory_replace',
  'conversation_search',
  'conversation_search_date',
  'archival_memory_insert',
  'archival_memory_search',
];

/** Without these an agent of the heartbeat protocol could neither speak nor keep what it is told. */
export const neededTools: readonly string[] = ['send_message', 'core_memory_append', 'core_memory_replace'];

const builtinTools: readonly Tool[] = [
  sendMessage,
  pauseHeartbeats,
  coreMemoryAppend,
  coreMemoryReplace,
  conversationSearch,
  conversationSearchDate,
  archivalMemoryInsert,
  archivalMemorySearch,
  memoryAppend,
  memoryReplace,
  memoryInsert,
  memoryRewrite,
  memoryRethink,
  memoryCreate,
  memoryApplyPatch,
  memory,
  memorySearch,
  archivalInsert,
  archivalUpdate,
  archivalDelete,
  fileSearch,
];

/** A registry of the built-in tools and some more; one of `extra` takes the place of a built-in one of its name. */
export function createToolRegistry(extra: readonly Tool[] = []): ToolRegistry {
  const tools = new Map([...builtinTools, ...extra].map((tool) => [tool.definition.name, tool]));
  return {
    find: (name) => tools.get(name) ?? null,
    definitions: (names) =>
      [...new Set(names)].flatMap((name) => {
        const tool = tools.get(name);
        return tool === undefined ? [] : [tool.definition];
      }),
    all: () => [...tools.values()],
  };
}
