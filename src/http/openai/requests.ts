import type { z } from 'zod';
import type { ModelSettings } from '../../domain/agent.js';
import type { MessagePart } from '../../domain/message.js';
import type { AssistantFields, NewAssistant } from '../../services/assistants.js';
import type { Attachment, FileReferences, NewToolLibrary } from '../../services/file-references.js';
import type { IncomingMessage } from '../../services/run-commands.js';
import type { NewThread } from '../../services/threads.js';
import type { responseFormatField, toolResourcesField } from './fields.js';
import type { createAssistantBody, messageField, threadField, updateAssistantBody } from './schemas.js';
import { readChunking } from './store-requests.js';
import { readTools } from './tools.js';

type WireMessage = z.output<typeof messageField>;
type WireResources = z.output<typeof toolResourcesField>;

/** The settings of a model call as they are sent; null sets back to the default. */
export interface WireSampling {
  temperature?: number | null;
  top_p?: number | null;
  reasoning_effort?: string | null;
  response_format?: z.output<typeof responseFormatField>;
}

/** The settings that a body names, and no others. */
export function readSettings(body: WireSampling): ModelSettings {
  return {
    ...(body.temperature === undefined ? {} : { temperature: body.temperature }),
    ...(body.top_p === undefined ? {} : { topP: body.top_p }),
    ...(body.reasoning_effort === undefined ? {} : { reasoningEffort: body.reasoning_effort }),
    ...(body.response_format === undefined ? {} : { responseFormat: body.response_format }),
  };
}

/** A new assistant. */
export function readNewAssistant(body: z.output<typeof createAssistantBody>): NewAssistant {
  return { ...readAssistantChanges(body), model: body.model };
}

/** What a body changes of an assistant; what it leaves out stays. */
export function readAssistantChanges(body: z.output<typeof updateAssistantBody>): Partial<AssistantFields> {
  const tools = body.tools === undefined ? null : readTools(body.tools ?? []);
  return {
    name: body.name,
    description: body.description,
    instructions: body.instructions,
    model: body.model,
    ...(tools === null ? {} : { functions: tools.functions, hostedTools: tools.hosted }),
    metadata: readMetadata(body.metadata),
    settings: readSettings(body),
    files: readResources(body.tool_resources, body.file_ids),
  };
}

/** Pairs as they replace others: null clears them all, absent leaves them. */
export function readMetadata(metadata: Record<string, string> | null | undefined): Record<string, string> | undefined {
  return metadata === null ? {} : metadata;
}

/** The files and stores that resources name. The files of the first version become a store of their own. */
export function readResources(resources: WireResources, earlyFileIds?: readonly string[] | null): FileReferences {
  const codeFileIds = resources?.code_interpreter?.file_ids;
  const libraryIds = resources?.file_search?.vector_store_ids;
  const wanted = (resources?.file_search?.vector_stores ?? []).map((store): NewToolLibrary => {
    const chunking = readChunking(store.chunking_strategy);
    return {
      fileIds: store.file_ids ?? [],
      metadata: store.metadata ?? {},
      ...(chunking === undefined ? {} : { chunking }),
    };
  });
  const early = (earlyFileIds ?? []).length === 0 ? [] : [{ fileIds: [...(earlyFileIds ?? [])] }];
  return {
    ...(codeFileIds === undefined || codeFileIds === null ? {} : { codeFileIds }),
    ...(libraryIds === undefined || libraryIds === null ? {} : { libraryIds }),
    newLibraries: [...wanted, ...early],
  };
}

/** A message that a caller brings. */
export function readMessage(message: WireMessage): IncomingMessage {
  const attachments = readAttachments(message);
  return {
    role: message.role,
    kind: 'said',
    parts: readContent(message.content),
    metadata: message.metadata ?? {},
    ...(attachments.length === 0 ? {} : { faceData: { attachments } }),
  };
}

/** A new thread. */
export function readThread(body: z.output<typeof threadField>): NewThread {
  return {
    metadata: body.metadata ?? {},
    messages: (body.messages ?? []).map(readMessage),
    files: readResources(body.tool_resources),
  };
}

function readContent(content: WireMessage['content']): MessagePart[] {
  if (typeof content === 'string') return [{ type: 'text', text: content, annotations: [] }];
  return content.map((part): MessagePart => {
    switch (part.type) {
      case 'text':
        return { type: 'text', text: part.text, annotations: [] };
      case 'image_url':
        return { type: 'image', url: part.image_url.url, fileId: null, detail: part.image_url.detail ?? null };
      case 'image_file':
        return { type: 'image', url: null, fileId: part.image_file.file_id, detail: part.image_file.detail ?? null };
      default:
        return part satisfies never;
    }
  });
}

/** The first version's files were open to both hosted tools. */
function readAttachments(message: WireMessage): Attachment[] {
  const given = (message.attachments ?? []).map(({ file_id, tools, add_to }) => ({
    fileId: file_id,
    tools: [...(tools ?? []).map((tool) => (tool.type === 'retrieval' ? 'file_search' : tool.type)), ...(add_to ?? [])],
  }));
  const early = (message.file_ids ?? []).map((fileId) => ({ fileId, tools: ['file_search', 'code_interpreter'] }));
  return [...given, ...early];
}
