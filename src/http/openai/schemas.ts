import { z } from 'zod';
import { limits } from '../../domain/limits.js';
import {
  idField,
  integerField,
  metadataField,
  responseFormatField,
  samplingFields,
  toolResourcesField,
  toolsField,
} from './fields.js';
import type { OpenaiKind } from './ids.js';

/** Characters that the original allows. */
const most = { name: 256, description: 512, instructions: 256_000 } as const;

/** The names of files that the first version of the original took in place of resources and attachments. */
const earlyFileIds = z.array(idField('file')).nullish();

const assistantFields = {
  name: z.string().max(most.name).nullish(),
  description: z.string().max(most.description).nullish(),
  instructions: z.string().max(most.instructions).nullish(),
  tools: toolsField.nullish(),
  tool_resources: toolResourcesField,
  metadata: metadataField,
  response_format: responseFormatField,
  file_ids: earlyFileIds,
  ...samplingFields,
};

/** The body that makes an assistant. */
export const createAssistantBody = z.strictObject({ model: z.string().min(1), ...assistantFields });

/** The body that changes one: what is absent stays. */
export const updateAssistantBody = z
  .strictObject({ model: z.string().min(1).optional(), ...assistantFields })
  .default({});

const imageDetail = z.enum(['auto', 'low', 'high']).nullish();

/** An address that models can open, or the image itself. Anything else would fail every later run of the thread. */
const imageAddress = z.string().superRefine((url, context) => {
  if (/^data:image\/[\w.+-]+;base64,./iu.test(url) || (/^https?:/iu.test(url) && URL.canParse(url))) return;
  const message = "Invalid '{param}'. Expected a valid URL, but got a value with an invalid format.";
  context.addIssue({ code: 'custom', message, params: { code: 'invalid_value' } });
});

const contentPart = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: z.string() }),
  z.strictObject({
    type: z.literal('image_url'),
    image_url: z.strictObject({ url: imageAddress, detail: imageDetail }),
  }),
  z.strictObject({
    type: z.literal('image_file'),
    image_file: z.strictObject({ file_id: idField('file'), detail: imageDetail }),
  }),
]);

/** What a message says: a text, or parts of which at least one is there. */
export const contentField = z
  .union([z.string().min(1), z.array(contentPart).min(1)])
  .superRefine((content, context) => {
    const texts =
      typeof content === 'string' ? [content] : content.map((part) => (part.type === 'text' ? part.text : ''));
    const length = texts.reduce((sum, text) => sum + text.length, 0);
    if (length <= limits.messageCharsMax) return;
    const message = `Invalid '{param}': string too long. Expected a string with maximum length ${limits.messageCharsMax}, but got a string with length ${length} instead.`;
    context.addIssue({ code: 'custom', message, params: { code: 'string_above_max_length' } });
  });

const attachmentTool = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('code_interpreter') }),
  z.strictObject({ type: z.enum(['file_search', 'retrieval']) }),
]);

/** `add_to` is what the second version called `tools` in its first weeks. */
const attachmentField = z.strictObject({
  file_id: idField('file'),
  tools: z.array(attachmentTool).nullish(),
  add_to: z.array(z.enum(['code_interpreter', 'file_search'])).nullish(),
});

/** A message as a caller brings it: alone, with a thread, or with a run. */
export const messageField = z.strictObject({
  role: z.enum(['user', 'assistant']),
  content: contentField,
  attachments: z.array(attachmentField).nullish(),
  metadata: metadataField,
  file_ids: earlyFileIds,
});

/** The body that changes a message, a run or a thread's pairs. */
export const metadataBody = z.strictObject({ metadata: metadataField }).default({});

/** A thread as it is made. */
export const threadField = z.strictObject({
  messages: z.array(messageField).max(limits.messagesPerCreation).nullish(),
  tool_resources: toolResourcesField,
  metadata: metadataField,
});

/** The body that makes a thread; it may be absent. */
export const createThreadBody = threadField.default({});

/** The body that changes one. */
export const updateThreadBody = z
  .strictObject({ tool_resources: toolResourcesField, metadata: metadataField })
  .default({});

/** A number as queries carry it; other text is left for the schema behind it to refuse. */
const queryInteger = z.preprocess(
  (value) => (typeof value === 'string' && /^-?\d+$/u.test(value) ? Number(value) : value),
  integerField(1, limits.pageItemsMax).optional(),
);

const cursorField = (kind: OpenaiKind) =>
  z.preprocess((value) => (value === '' ? undefined : value), idField(kind).optional());

/** The fields of every list's query. What else a query holds, such as Azure's version, is nobody's concern. */
export function listFields(kind: OpenaiKind) {
  return {
    limit: queryInteger,
    order: z.enum(['asc', 'desc']).optional(),
    after: cursorField(kind),
    before: cursorField(kind),
  };
}

/** The parameters of a path with a thread. */
export const threadPath = z.object({ thread_id: idField('conversation') });

/** The parameters of a path with a message. */
export const messagePath = threadPath.extend({ message_id: idField('message') });

/** The parameters of a path with an assistant. */
export const assistantPath = z.object({ assistant_id: idField('agent') });

/** The query of the list of assistants. */
export const assistantListQuery = z.object(listFields('agent'));

/** The query of the list of messages. */
export const messageListQuery = z.object({ ...listFields('message'), run_id: idField('run').optional() });

/** The query of the list of threads, which the original kept to itself: `metadata[key]=value` narrows it. */
export const threadListQuery = z
  .looseObject({
    ...listFields('conversation'),
    memory: z.string().optional(),
    assistant_id: idField('agent').optional(),
  })
  .transform(({ limit, order, after, before, memory, assistant_id, ...rest }) => {
    const pairs = Object.entries(rest).flatMap(([name, value]) => {
      const key = /^metadata\[(.+)\]$/u.exec(name)?.[1];
      return key !== undefined && typeof value === 'string' ? [[key, value] as const] : [];
    });
    const metadata: Record<string, string> = Object.fromEntries(pairs);
    return { limit, order, after, before, memory, assistant_id, metadata };
  });
