import { createHash } from 'node:crypto';
import { derivedId } from '../../../domain/derived-id.js';
import { isObject, listIn, objectIn, textIn } from '../cells.js';

/** An agent file as it was read. */
export interface AgentFile {
  /** The form that the later servers write, with lists of everything, or the earlier one of a single agent. */
  form: 'listed' | 'flat';
  content: Record<string, unknown>;
  /** What this program itself put there, and nobody else knows. */
  own: OwnPart | null;
  /** The id that a thing has here: what stands in the file holds only inside of it, unless it is an id already. */
  idOf(local: string): string;
}

/** What this program adds to the agent files that it writes, under the name `ownKey`. */
export interface OwnPart {
  version: number;
  /** Of everything else in the file: another one means that somebody edited it since. */
  sha256: string;
  /** From the ids of the file to those that things had. */
  ids: Record<string, string>;
  /** Everything as it was, with what the form has no place for. */
  records: { kind: string; value: Record<string, unknown> }[];
}

/** The member of an agent file that is this program's. */
export const ownKey = 'threadkeeper';

/** The version of that member which this program writes, and the newest that it reads. */
export const ownVersion = 1;

/** An agent file's text, or null where it is none. A text that holds the text of another is read once more. */
export function readDocument(text: string): AgentFile | null {
  const outer = parsed(text.startsWith('\uFEFF') ? text.slice(1) : text);
  const content = typeof outer === 'string' ? parsed(outer) : outer;
  if (!isObject(content)) return null;
  const isFlat =
    'core_memory' in content ||
    'in_context_message_indices' in content ||
    ('messages' in content && 'version' in content);
  if (!Array.isArray(content['agents']) && !isFlat) return null;
  const own = ownPartOf(content[ownKey]);
  const digest = createHash('sha256').update(JSON.stringify(content)).digest('hex');
  return {
    form: Array.isArray(content['agents']) ? 'listed' : 'flat',
    content,
    own,
    idOf: (local) => own?.ids[local] ?? (wholeId.test(local) ? local : derivedId('agent file', digest, local)),
  };
}

/** What the rest of an agent file amounts to, for whoever wants to know whether it was edited. */
export function digestOf(content: Record<string, unknown>): string {
  const rest = Object.entries(content).filter(([key]) => key !== ownKey);
  return createHash('sha256').update(JSON.stringify(rest)).digest('hex');
}

const wholeId = /^(?:[a-z_]+-)?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/iu;

function ownPartOf(value: unknown): OwnPart | null {
  const part = objectIn(value);
  if (typeof part['version'] !== 'number' || part['version'] > ownVersion) return null;
  const ids = Object.entries(objectIn(part['ids'])).filter((entry): entry is [string, string] => {
    return typeof entry[1] === 'string';
  });
  const records = listIn(part['records']).flatMap((record) => {
    const kind = isObject(record) ? textIn(record['kind']) : null;
    return isObject(record) && kind !== null && isObject(record['value']) ? [{ kind, value: record['value'] }] : [];
  });
  const sha256 = textIn(part['sha256']) ?? '';
  return { version: part['version'], sha256, ids: Object.fromEntries(ids), records };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
