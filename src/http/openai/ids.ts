import { readId, toOpenaiId, type IdKind } from '../../domain/ids.js';

/** The kinds of object that this face names by an id of its own spelling. */
export type OpenaiKind = Extract<
  IdKind,
  'agent' | 'conversation' | 'message' | 'run' | 'step' | 'file' | 'library' | 'batch' | 'upload' | 'part'
>;

/** What an id of a kind begins with, and what the original calls such a thing. */
const names: Record<OpenaiKind, { prefix: string; noun: string }> = {
  agent: { prefix: 'asst', noun: 'assistant' },
  conversation: { prefix: 'thread', noun: 'thread' },
  message: { prefix: 'msg', noun: 'message' },
  run: { prefix: 'run', noun: 'run' },
  step: { prefix: 'step', noun: 'run step' },
  file: { prefix: 'file', noun: 'file' },
  library: { prefix: 'vs', noun: 'vector store' },
  batch: { prefix: 'vsfb', noun: 'file batch' },
  upload: { prefix: 'upload', noun: 'upload' },
  part: { prefix: 'part', noun: 'upload part' },
};

/** The word an id of a kind begins with: `asst`, `thread`. */
export function prefixOf(kind: OpenaiKind): string {
  return names[kind].prefix;
}

/** The original's word for a thing, given ours. */
export function nounOf(what: string): string {
  return isOpenaiKind(what) ? names[what].noun : what;
}

/**
 * Reads an id in any spelling. An id in the original's form that is none of ours is returned as it came, so that it is
 * looked for and not found (Azure's files begin with `assistant-`); null where the text is no id of this kind at all.
 */
export function parseId(kind: OpenaiKind, text: string): string | null {
  const words = kind === 'file' ? 'file|assistant' : names[kind].prefix;
  return readId(kind, text) ?? (new RegExp(`^(?:${words})[_-][\\w-]{1,64}$`, 'u').test(text) ? text : null);
}

/** An id as this face writes it; what is none of ours stays as it came. */
export function spellId(what: string, id: string): string {
  if (!isOpenaiKind(what)) return id;
  const own = readId(what, id);
  return own === null ? id : toOpenaiId(what, own);
}

function isOpenaiKind(what: string): what is OpenaiKind {
  return Object.hasOwn(names, what);
}
