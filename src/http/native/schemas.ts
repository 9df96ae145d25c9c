import { z } from 'zod';
import { readId, type IdKind } from '../../domain/ids.js';

/*
 * What comes in on the native face. Unknown members are ignored, as the old servers did, and null means the same as
 * nothing. Conversions are as lenient as theirs: `"true"` is a truth and `"7"` a number.
 */

const wordsForTrue = new Set(['true', 't', 'yes', 'y', 'on', '1']);
const wordsForFalse = new Set(['false', 'f', 'no', 'n', 'off', '0']);

/** A truth value, also as one of the words that stand for one. */
export const lenientBoolean = z
  .preprocess((value) => {
    const word = typeof value === 'number' ? String(value) : value;
    if (typeof word !== 'string') return value;
    if (wordsForTrue.has(word.toLowerCase())) return true;
    return wordsForFalse.has(word.toLowerCase()) ? false : value;
  }, z.boolean())
  .meta({ type: 'boolean' });

/** A whole number within bounds, also in digits. */
export function lenientInteger(minimum: number, maximum: number): z.ZodType<number> {
  return z
    .preprocess(
      (value) => (typeof value === 'string' && /^[+-]?\d+$/u.test(value.trim()) ? Number(value) : value),
      z.int().min(minimum).max(maximum),
    )
    .meta({ type: 'integer', minimum, maximum });
}

/** An id in the spelling of any face; inside it is the bare UUID. */
export function idText(kind: IdKind): z.ZodType<string> {
  return z
    .string()
    .refine((text) => readId(kind, text) !== null, {
      message: 'Input should be a valid UUID',
      params: { kind: 'uuid_parsing' },
    })
    .transform((text) => readId(kind, text) ?? text)
    .meta({ type: 'string', format: 'uuid' });
}

/** A moment: ISO 8601, UTC where it names no offset, or seconds or milliseconds since 1970. Inside, milliseconds. */
export const moment = z
  .unknown()
  .transform((value) => toMilliseconds(value))
  .refine((at) => at === null || Number.isFinite(at), {
    message: 'Input should be a valid datetime',
    params: { kind: 'datetime_parsing' },
  })
  .meta({ type: ['string', 'null'], format: 'date-time' });

const isoForm = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:?\d\d)?)?$/iu;
/** Past this, a number counts milliseconds; as seconds it would lie in the year 2603. */
const secondsMax = 2e10;

function toMilliseconds(value: unknown): number | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'number') return Math.round(Math.abs(value) > secondsMax ? value : value * 1_000);
  const match = typeof value === 'string' ? isoForm.exec(value.trim()) : null;
  if (match === null) return Number.NaN;
  const [, day = '', time = '00:00', offset = 'Z'] = match;
  const zone = /^[+-]\d{4}$/u.test(offset) ? `${offset.slice(0, 3)}:${offset.slice(3)}` : offset.toUpperCase();
  return Date.parse(`${day}T${time}${zone}`);
}

const optionalText = z.string().nullish();

/** The path of everything that belongs to an agent. */
export const agentPath = z.object({ agent_id: idText('agent') });

/** The same as a query, in the earliest spelling. */
export const agentQuery = agentPath;

/** The body of `POST /api/agents`. */
export const createAgentBody = z
  .object({
    config: z.object({
      name: optionalText.meta({ description: 'Unique among your agents; a random one where it is null.' }),
      preset: optionalText.meta({ description: 'memgpt_chat, memgpt_docs, memgpt_extras, or one of your own.' }),
      human: optionalText.meta({ description: "A profile's name, or the text itself." }),
      persona: optionalText.meta({ description: "A profile's name, or the text itself." }),
      human_name: optionalText,
      persona_name: optionalText,
      function_names: z
        .preprocess((value) => (typeof value === 'string' ? splitNames(value) : value), z.array(z.string()).nullish())
        .optional()
        .meta({ description: 'Tools by name: a list, or one text with commas.' }),
      system: optionalText.meta({ description: 'The base text of the system prompt.' }),
      model: optionalText.meta({ description: 'Of a configured provider; the default where it is null.' }),
      metadata: z.record(z.string(), z.unknown()).nullish(),
    }),
  })
  .meta({ id: 'CreateAgentRequest' });

function splitNames(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** The body of `PATCH /api/agents/{agent_id}/rename`. */
export const renameBody = z.object({ agent_name: z.string() }).meta({ id: 'AgentRenameRequest' });
/** The body of `PATCH /api/agents/rename`. */
export const earlyRenameBody = z
  .object({ agent_id: idText('agent'), agent_name: z.string() })
  .meta({ id: 'EarlyAgentRenameRequest' });

/** The body of `POST /api/agents/{agent_id}/memory`. */
export const memoryBody = z.object({ human: optionalText, persona: optionalText }).meta({ id: 'MemoryChange' });
/** The body of `POST /api/agents/memory`. */
export const earlyMemoryBody = z
  .object({ agent_id: idText('agent'), human: optionalText, persona: optionalText })
  .meta({ id: 'EarlyMemoryChange' });

const messageMembers = {
  message: z.string(),
  role: z.enum(['user', 'system']).default('user'),
  stream: lenientBoolean.default(false).meta({ description: 'Events as they happen, calls as text.' }),
  stream_steps: lenientBoolean.default(false).meta({ description: 'Events as they happen, calls as objects.' }),
  stream_tokens: lenientBoolean.default(false).meta({ description: 'With stream_steps: in fragments.' }),
  timestamp: moment.optional().meta({ description: 'When the message was written.' }),
  name: optionalText,
};

/** The body of `POST /api/agents/{agent_id}/messages`. */
export const messageBody = z.object(messageMembers).meta({ id: 'UserMessageRequest' });
/** The body of `POST /api/agents/message`. */
export const earlyMessageBody = z
  .object({ agent_id: idText('agent'), ...messageMembers })
  .meta({ id: 'EarlyUserMessageRequest' });

/** A message that somebody wants to send. */
export type MessageBody = z.infer<typeof messageBody>;

const start = lenientInteger(0, 1_000_000);
const count = lenientInteger(0, 1_000);

/** The query of `GET /api/agents/{agent_id}/messages`. */
export const historyQuery = z.object({ start, count });
/** The query of `GET /api/agents/message`. */
export const earlyHistoryQuery = z.object({ agent_id: idText('agent'), start, count });
/** The query of `GET /api/agents/{agent_id}/messages-cursor`. The clients sent `after`, which the originals passed over. */
export const cursorQuery = z.object({
  before: idText('message').optional(),
  after: idText('message').optional(),
  limit: lenientInteger(0, 1_000).default(10),
});

/** The body of `POST /api/auth`. */
export const authBody = z.object({ password: optionalText }).meta({ id: 'AuthRequest' });

/** The body of `POST /admin/users`. */
export const createUserBody = z
  .object({ user_id: idText('user').nullish(), api_key_name: optionalText })
  .nullish()
  .meta({ id: 'CreateUserRequest' });
/** The query that names a user. */
export const userQuery = z.object({ user_id: idText('user') });
/** The same as a path. */
export const userPath = userQuery;
/** The query of `GET /admin/users`. */
export const listUsersQuery = z.object({
  cursor: idText('user').optional(),
  limit: lenientInteger(1, 1_000).optional(),
});
/** The same as a body, which one release wanted. */
export const listUsersBody = z
  .object({ cursor: idText('user').nullish(), limit: lenientInteger(1, 1_000).nullish() })
  .nullish();
/** The body of `POST /admin/users/keys`; the label under the server's name for it and the old client's. */
export const createKeyBody = z
  .object({ user_id: idText('user'), name: optionalText, key_name: optionalText })
  .meta({ id: 'CreateAPIKeyRequest' });
/** The query that names a key by its secret. */
export const keyQuery = z.object({ api_key: z.string() });

/** The body of `POST /api/agents/{agent_id}/command`. */
export const commandBody = z.object({ command: z.string() }).meta({ id: 'CommandRequest' });
/** The body of `POST /api/agents/command`. */
export const earlyCommandBody = z
  .object({ agent_id: idText('agent'), command: z.string() })
  .meta({ id: 'EarlyCommandRequest' });
