import { uuidv7 } from 'uuidv7';

/** The kinds of object that have an id of their own. */
export type IdKind =
  | 'agent'
  | 'memory'
  | 'block'
  | 'passage'
  | 'conversation'
  | 'message'
  | 'run'
  | 'step'
  | 'call'
  | 'user'
  | 'key'
  | 'file'
  | 'library'
  | 'batch'
  | 'job'
  | 'upload'
  | 'part'
  | 'organisation'
  | 'tool'
  | 'preset';

/** How each face spells an id of a kind: Letta `agent-<uuid>`, OpenAI `asst_<base62>`; MemGPT uses the bare UUID. */
const spellings: Record<IdKind, { letta: string; openai: string }> = {
  agent: { letta: 'agent-', openai: 'asst_' },
  memory: { letta: 'memory-', openai: 'mem_' },
  block: { letta: 'block-', openai: 'block_' },
  passage: { letta: 'passage-', openai: 'passage_' },
  conversation: { letta: 'conversation-', openai: 'thread_' },
  message: { letta: 'message-', openai: 'msg_' },
  run: { letta: 'run-', openai: 'run_' },
  step: { letta: 'step-', openai: 'step_' },
  call: { letta: 'call-', openai: 'call_' },
  user: { letta: 'user-', openai: 'user_' },
  key: { letta: 'sk-', openai: 'key_' },
  file: { letta: 'doc-', openai: 'file-' },
  library: { letta: 'source-', openai: 'vs_' },
  batch: { letta: 'batch-', openai: 'vsfb_' },
  job: { letta: 'job-', openai: 'job_' },
  upload: { letta: 'upload-', openai: 'upload_' },
  part: { letta: 'part-', openai: 'part_' },
  organisation: { letta: 'org-', openai: 'org_' },
  tool: { letta: 'tool-', openai: 'tool_' },
  preset: { letta: 'preset-', openai: 'preset_' },
};

const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const base62Length = 22;

/** The user that the admin password acts as, and the command line. */
export const defaultUserId = '00000000-0000-0000-0000-000000000000';

/** The organisation of everybody who was given none. */
export const defaultOrganisationId = defaultUserId;

/** A new id: a UUIDv7 in lower case, so ids sort by the time they were made. */
export function newId(): string {
  return uuidv7();
}

/** `agent-<uuid>`, the spelling of Letta 0.4. */
export function toLettaId(kind: IdKind, id: string): string {
  return spellings[kind].letta + id;
}

/** `asst_` and 22 characters of base 62, the spelling of the OpenAI face. */
export function toOpenaiId(kind: IdKind, id: string): string {
  return spellings[kind].openai + toBase62(id);
}

/**
 * Reads an id in any face's spelling. Returns the UUID in lower case, or null where the text is no spelling of this
 * kind of id; such a text can still be the id an imported object came with.
 */
export function readId(kind: IdKind, text: string): string | null {
  if (uuidForm.test(text)) return text.toLowerCase();
  const { letta, openai } = spellings[kind];
  if (text.startsWith(letta) && uuidForm.test(text.slice(letta.length))) {
    return text.slice(letta.length).toLowerCase();
  }
  if (text.startsWith(openai)) return fromBase62(text.slice(openai.length));
  return null;
}

function toBase62(id: string): string {
  let value = BigInt(`0x${id.replaceAll('-', '')}`);
  let text = '';
  for (let place = 0; place < base62Length; place += 1) {
    text = alphabet.charAt(Number(value % 62n)) + text;
    value /= 62n;
  }
  return text;
}

function fromBase62(text: string): string | null {
  if (text.length !== base62Length) return null;
  let value = 0n;
  for (const character of text) {
    const digit = alphabet.indexOf(character);
    if (digit < 0) return null;
    value = value * 62n + BigInt(digit);
  }
  if (value >= 1n << 128n) return null;
  const hex = value.toString(16).padStart(32, '0');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
