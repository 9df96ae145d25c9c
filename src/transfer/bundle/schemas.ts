import { z } from 'zod';
import type { TransferKind } from '../../domain/transfer.js';

/*
 * The form of each line of a bundle. What the house itself looks into is described to the end; what it only keeps and
 * gives back is any JSON.
 */

const id = z.string();
const text = z.string();
const orNull = <T extends z.ZodType>(schema: T): z.ZodNullable<T> => schema.nullable();
const time = z.int().min(-8.64e15).max(8.64e15);
const count = z.int().min(0);
const pairs = z.record(z.string(), z.string());
const json = z.record(z.string(), z.json());
const born = { id, createdAt: time };
const aged = { ...born, updatedAt: time };

const usage = z.strictObject({
  promptTokens: count,
  completionTokens: count,
  cachedTokens: orNull(count),
  reasoningTokens: orNull(count),
  estimated: z.boolean(),
});
const failure = z.looseObject({ code: text, message: text });
const call = z.looseObject({
  id,
  name: text,
  arguments: text,
  where: z.enum(['here', 'client', 'speech']),
  state: z.enum(['ready', 'started', 'finished']),
  output: orNull(text),
  failed: z.boolean(),
});
const part = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('text'), text, annotations: z.array(z.json()).optional() }),
  z.looseObject({ type: z.literal('image'), url: orNull(text), fileId: orNull(id), detail: orNull(text) }),
  z.looseObject({ type: z.literal('reasoning'), text }),
  z.looseObject({ type: z.literal('tool-call'), callId: id, name: text, arguments: text }),
  z.looseObject({ type: z.literal('tool-result'), callId: id, name: text, output: text, failed: z.boolean() }),
]);
const singles = z.base64().refine((base64) => base64 !== '' && Buffer.from(base64, 'base64').length % 4 === 0);
const vector = z.strictObject({ model: text, base64: singles }).optional();
const summary = z.looseObject({
  text,
  covers: z.tuple([count, count]),
  tokensBefore: count,
  tokensAfter: count,
  model: text,
  compactions: count,
  createdAt: time,
});

const catalogue = {
  organisation: z.strictObject({ ...born, name: text }),
  user: z.strictObject({ ...born, name: orNull(text), organisationId: orNull(id) }),
  template: z.strictObject({
    ...{ ...aged, label: text, name: orNull(text), value: text, charsMax: count, description: orNull(text) },
    ...{ offered: z.boolean(), metadata: json },
  }),
  preset: z.strictObject({
    ...{ ...born, name: text, description: orNull(text), system: text, systemName: orNull(text), persona: text },
    ...{ personaName: orNull(text), human: text, humanName: orNull(text), functions: z.array(json) },
  }),
  tool: z.strictObject({
    ...{ ...aged, name: text, description: orNull(text), sourceCode: text, sourceType: orNull(text) },
    ...{ jsonSchema: json, tags: z.array(text), module: orNull(text), ofHouse: z.boolean() },
  }),
};

const files = {
  file: z.strictObject({
    ...{ ...born, name: text, mimeType: orNull(text), purpose: text, bytes: count, faceData: json },
    ...{ sha256: z.string().regex(/^(?:[0-9a-f]{64})?$/u), expiresAt: orNull(time) },
  }),
  library: z.strictObject({
    ...{ ...aged, kind: z.enum(['source', 'vector_store']), name: text, description: orNull(text), metadata: pairs },
    ...{ expiresAfterDays: orNull(z.number()), lastActiveAt: time, faceData: json },
  }),
  'library-file': z.strictObject({
    ...{ ...born, libraryId: id, fileId: id, status: z.enum(['in_progress', 'completed', 'failed', 'cancelled']) },
    ...{ error: orNull(failure), attributes: z.record(z.string(), z.union([text, z.number(), z.boolean()])) },
    chunking: z.strictObject({ kind: z.enum(['window', 'sentences']), maxTokens: count, overlapTokens: count }),
    progress: z.strictObject({ unit: z.enum(['bytes', 'pages']), done: count, total: count }),
    ...{ note: orNull(text), endedAt: orNull(time) },
  }),
  'library-passage': z.strictObject({ ...born, libraryId: id, libraryFileId: id, position: count, text, vector }),
  'agent-library': z.strictObject({ agentId: id, libraryId: id, createdAt: time }),
  'conversation-library': z.strictObject({ conversationId: id, libraryId: id, createdAt: time }),
};

const memories = {
  agent: z.strictObject({
    ...{ ...aged, name: orNull(text), description: orNull(text), instructions: orNull(text), model: text },
    ...{ protocol: z.enum(['native', 'heartbeat']), origin: z.enum(['native', 'openai']) },
    ...{ envelope: z.enum(['plain', 'plain+time', 'json']), settings: json, metadata: pairs, faceData: json },
    tools: z.array(z.looseObject({ type: z.enum(['builtin', 'function']), name: text })),
    mainConversationId: orNull(id),
  }),
  memory: z.strictObject({ ...born, agentId: id, key: text }),
  block: z.strictObject({
    ...{ ...aged, label: text, description: text, value: text, charsMax: count, readOnly: z.boolean() },
    version: count,
  }),
  'block-version': z.strictObject({
    ...{ blockId: id, version: count, value: text, actor: z.enum(['agent', 'user', 'system']), runId: orNull(id) },
    ...{ stepId: orNull(id), parent: orNull(count), restores: orNull(count), createdAt: time },
  }),
  'memory-block': z.strictObject({ memoryId: id, blockId: id, readOnly: z.boolean(), createdAt: time }),
  passage: z.strictObject({ ...born, memoryId: id, text, tags: z.array(text), vector }),
};

const conversations = {
  conversation: z.strictObject({ ...born, memoryKey: orNull(text), metadata: pairs, lastSeq: count, faceData: json }),
  window: z.strictObject({
    ...{ agentId: id, conversationId: id, memoryId: id, summary: orNull(summary), liveFromSeq: count },
    ...{ revision: count, pressureNoticed: z.boolean(), updatedAt: time },
  }),
  message: z.strictObject({
    ...{ ...born, conversationId: id, seq: z.int().min(1), role: z.enum(['user', 'assistant', 'tool', 'system']) },
    ...{ kind: z.enum(['said', 'inner', 'boot', 'heartbeat', 'login', 'alert']), parts: z.array(part) },
    ...{ visible: z.boolean(), status: z.enum(['completed', 'incomplete']), agentId: orNull(id), runId: orNull(id) },
    ...{ stepId: orNull(id), callId: orNull(id), name: orNull(text), metadata: pairs, faceData: json, vector },
  }),
  run: z.strictObject({
    ...{ ...born, conversationId: id, agentId: id, overrides: json, error: orNull(failure), usage: orNull(usage) },
    status: z.enum(['completed', 'incomplete', 'failed', 'cancelled', 'expired']),
    incompleteReason: orNull(z.enum(['max_turns', 'max_output_tokens', 'max_prompt_tokens', 'content_filter'])),
    ...{ turn: count, lastSeq: count, metadata: pairs, faceData: json, startedAt: orNull(time) },
    ...{ expiresAt: orNull(time), endedAt: orNull(time) },
  }),
  step: z.strictObject({
    ...{ id, runId: id, conversationId: id, turn: count, kind: z.enum(['message', 'tools']), messageId: orNull(id) },
    status: z.enum(['in_progress', 'completed', 'failed', 'cancelled', 'expired', 'abandoned']),
    ...{ calls: z.array(call), usage: orNull(usage), error: orNull(failure), startedAt: time, endedAt: orNull(time) },
  }),
};

/** What stands under `value` in a line of each kind. */
export const valueSchemas: Record<TransferKind, z.ZodType> = {
  ...catalogue,
  ...files,
  ...memories,
  ...conversations,
};

/** The first line. */
export const headerLine = z.strictObject({ format: z.literal('threadkeeper-bundle'), version: z.int() });

/** The version of the form that is written, and the newest that is read. */
export const bundleVersion = 1;

/** Every other line: a thing, some of the bytes of the file before it, or the end with the number of lines before it. */
export const bundleLine = z.union([
  z.strictObject({ kind: z.literal('bytes'), base64: z.base64() }),
  z.strictObject({ kind: z.literal('end'), lines: count }),
  z.strictObject({ kind: z.string(), owner: id.optional(), value: z.looseObject({}) }),
]);
