import { assistantTools, firstBlocks, nativeTools } from '../../domain/assistant.js';
import { derivedId } from '../../domain/derived-id.js';
import { windowChunking } from '../../domain/chunk.js';
import { limits } from '../../domain/limits.js';
import { defaultMemoryKey } from '../../domain/memory.js';
import type { TransferValues } from '../../domain/transfer.js';
import type { Problem, TransferRecord } from '../record.js';
import { hasOtherThanText, pairsOf, savedFields } from './fields.js';
import { idFor } from './ids.js';
import { listOf, numberOf, stringOf, textOf } from './json.js';
import { readResources, resourcesShown, type Resources } from './resources.js';
import { storeFileRecord, storeRecord } from './stores.js';
import { readTools, type ReadTools } from './tools.js';
import type { Writing } from './writing.js';

/** An assistant, with a memory that knows nothing yet, and whatever has to be there before it. */
export function* assistantRecords(writing: Writing): Generator<TransferRecord | Problem> {
  const { object, createdAt, id, mention, record, problem } = writing;
  const tools = readTools(object['tools']);
  const resources = readResources(object['tool_resources'], mention);
  const early = listOf(object['file_ids']).filter((each) => textOf(each) !== null) as string[];
  if (tools.isEarly) yield problem('changed', 'The tool "retrieval" became "file_search".');
  if (tools.isEarly && early.length > 0) {
    const libraryId = derivedId('openai', 'early files', id);
    resources.libraryIds.push(libraryId);
    yield storeRecord(writing, { id: libraryId, name: '' });
    for (const fileId of early) yield storeFileRecord(writing, { libraryId, fileId, chunking: windowChunking });
  }
  if (tools.hosted.some(({ tool }) => tool['type'] === 'code_interpreter')) resources.codeFileIds.push(...early);
  if (hasOtherThanText(object['metadata']))
    yield problem('changed', 'Values of metadata that were no text became text.');
  const agent = agentOf(writing, tools, resources);
  yield record('agent', agent);
  yield* memoryRecords(writing, agent.id);
  for (const libraryId of resources.libraryIds) {
    yield record('agent-library', { agentId: agent.id, libraryId: idFor('library', libraryId), createdAt });
  }
  if (agent.model !== '') {
    yield problem(
      'note',
      `Assistants name the model "${agent.model.slice(0, 60)}": it, or an alias for it, is needed here.`,
    );
  }
}

function agentOf(
  { object, createdAt, id, shelf }: Writing,
  tools: ReadTools,
  resources: Resources,
): TransferValues['agent'] {
  const temperature = numberOf(object['temperature']);
  const topP = numberOf(object['top_p']);
  const reasoningEffort = textOf(object['reasoning_effort']);
  const responseFormat = object['response_format'] ?? undefined;
  const base = {
    name: stringOf(object['name']),
    description: stringOf(object['description']),
    instructions: stringOf(object['instructions']),
    model: stringOf(object['model']) ?? '',
    metadata: pairsOf(object['metadata']),
  };
  const shown = {
    ...base,
    ...{ tools: tools.shown, tool_resources: resourcesShown(resources, shelf, tools.hosted) },
    ...{ temperature: temperature ?? 1, top_p: topP ?? 1, reasoning_effort: reasoningEffort },
    response_format: responseFormat ?? 'auto',
  };
  const early = tools.isEarly ? ['tools', 'tool_resources'] : [];
  const unkept = hasOtherThanText(object['metadata']) ? ['metadata'] : [];
  const skipped = ['id', 'object', 'created_at', 'file_ids', ...early, ...unkept];
  return {
    ...base,
    id,
    protocol: 'native',
    origin: 'openai',
    envelope: 'plain',
    settings: {
      ...(temperature === null ? {} : { temperature }),
      ...(topP === null ? {} : { topP }),
      ...(reasoningEffort === null ? {} : { reasoningEffort }),
      ...(responseFormat === undefined ? {} : { responseFormat }),
    },
    tools: assistantTools(tools.functions, tools.hosted, nativeTools),
    faceData: {
      hostedTools: tools.hosted,
      codeFileIds: resources.codeFileIds,
      ...savedFields(object, { shown, changeable: Object.keys(shown), skipped }),
    },
    mainConversationId: null,
    createdAt,
    updatedAt: createdAt,
  };
}

/** What every assistant begins with, under ids that are the same each time. */
function* memoryRecords({ createdAt, record }: Writing, agentId: string): Generator<TransferRecord> {
  const memoryId = derivedId('openai', 'memory', agentId);
  yield record('memory', { id: memoryId, agentId, key: defaultMemoryKey, createdAt });
  for (const { label, value, description } of firstBlocks) {
    const blockId = derivedId('openai', 'block', agentId, label);
    yield record('block', {
      ...{ id: blockId, label, description, value, charsMax: limits.blockCharsDefault, readOnly: false, version: 1 },
      ...{ createdAt, updatedAt: createdAt },
    });
    const history = { runId: null, stepId: null, parent: null, restores: null };
    yield record('block-version', { blockId, version: 1, value, actor: 'system', ...history, createdAt });
    yield record('memory-block', { memoryId, blockId, readOnly: false, createdAt });
  }
}
