import { derivedId } from '../../domain/derived-id.js';
import { readId, type IdKind } from '../../domain/ids.js';

/** The kinds of thing that the API has ids for. */
export type ApiIdKind = Extract<IdKind, 'agent' | 'conversation' | 'message' | 'run' | 'step' | 'file' | 'library'>;

/** What an id has to look like for the API to be asked for it. */
const forms: Record<ApiIdKind, RegExp> = {
  agent: /^asst[_-][\w-]{1,64}$/u,
  conversation: /^thread[_-][\w-]{1,64}$/u,
  message: /^msg[_-][\w-]{1,64}$/u,
  run: /^run[_-][\w-]{1,64}$/u,
  step: /^step[_-][\w-]{1,64}$/u,
  file: /^(?:file|assistant)[_-][\w-]{1,64}$/u,
  library: /^vs[_-][\w-]{1,64}$/u,
};

/** True where nobody could ask the API for a thing of this id. */
export function isUnaskable(kind: ApiIdKind, text: string): boolean {
  return readId(kind, text) === null && !forms[kind].test(text);
}

/** An id as it came; where nobody could ask for it, one that is derived from it, the same each time. */
export function idFor(kind: ApiIdKind, text: string): string {
  return isUnaskable(kind, text) ? derivedId('openai', kind, text) : text;
}
