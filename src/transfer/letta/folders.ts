import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { derivedId } from '../../domain/derived-id.js';
import { AppError } from '../../domain/errors.js';
import type { SourceFile } from '../reader.js';
import type { Place, Problem, TransferRecord } from '../record.js';
import { agentRecords, blockFrom, idsOf, speechOf, windowRecord, type LettaAgent } from './agent.js';
import { isObject, listIn, objectIn, textIn, timeIn } from './cells.js';
import { historyRecords } from './history.js';
import { readMessage, spokenText, type LettaMessage } from './message.js';
import { shownMoment, unpackText } from './packed-text.js';
import { toolOf } from './tools.js';

/*
 * Agents from before MemGPT 0.3: a folder each, with a document for every time the agent was saved. All that was ever
 * said, and the archive, lie beside it in pickles of Python, which are never opened.
 */

/** Bytes of a document of such an agent that is read. */
const bytesMax = 48 * 1024 * 1024;

/** An agent's folder. */
interface AgentFolder {
  /** Its path inside the source, with `/` at the end; empty where the source is the folder itself. */
  path: string;
  /** Its newest state. */
  state: SourceFile;
}

const statePath = /^((?:.*\/)?)agent_state\/[^/]+\.json$/u;

/** The names of the states that such folders hold, the newest of each folder. */
export function agentFoldersIn(files: readonly SourceFile[]): string[] {
  return foldersIn(files).map(({ state }) => state.name);
}

function foldersIn(files: readonly SourceFile[]): AgentFolder[] {
  const newest = new Map<string, SourceFile>();
  for (const file of files) {
    const path = statePath.exec(file.name)?.[1];
    if (path === undefined) continue;
    const known = newest.get(path);
    if (known === undefined || savedAt(file) > savedAt(known)) newest.set(path, file);
  }
  return [...newest].map(([path, state]) => ({ path, state }));
}

const stateName = /^(\d{4}-\d\d-\d\d)_(\d\d)_(\d\d)_(\d\d)_([AP])M/u;

/** When a state was saved: by its name, on a clock of twelve hours, else by its file. */
function savedAt({ name, changedAt }: SourceFile): number {
  const match = stateName.exec(basename(name));
  if (match === null) return changedAt;
  const [, day, hour, minute, second, half] = match;
  const hours = (Number(hour) % 12) + (half === 'P' ? 12 : 0);
  return Date.parse(`${day}T${String(hours).padStart(2, '0')}:${minute}:${second}Z`);
}

/** Reads the agents of such folders. */
export async function* folderRecords(files: readonly SourceFile[]): AsyncGenerator<TransferRecord | Problem> {
  const folders = foldersIn(files);
  for (const folder of folders) {
    const placeOf = (at: string | null): Place => ({ file: folder.state.name, line: null, at });
    const state = await readObject(folder.state);
    if (state === null) {
      const why = 'The state of this agent is no JSON, or larger than any that is read.';
      yield { kind: 'problem', place: placeOf(null), severity: 'broken', why };
      continue;
    }
    const configFile = files.find(({ name }) => name === `${folder.path}config.json`);
    const config = (configFile === undefined ? null : await readObject(configFile)) ?? {};
    const agent = agentOf(folder, state, config);
    if (isWithoutZone(config, state)) {
      yield { kind: 'problem', place: placeOf(null), severity: 'note', why: withoutZoneWords };
    }
    yield* agentRecords(agent, placeOf(null), new Map());
    yield* historyOf(agent, messagesOf(agent, listIn(state['messages'])), placeOf);
    yield* leftBehind(folder, files);
  }
  for (const { name } of files.filter((file) => pickle.test(file.name) && /(?:^|\/)archival\//u.test(file.name))) {
    if (!folders.some(({ path }) => name.startsWith(path))) yield inPickle(name, 'The documents of a source lie');
  }
}

async function readObject(file: SourceFile): Promise<Record<string, unknown> | null> {
  if (file.bytes > bytesMax) return null;
  try {
    const value: unknown = JSON.parse(await readFile(file.path, 'utf8'));
    return isObject(value) ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw new AppError('invalid_request', `The file ${file.name} cannot be read.`, { cause: error });
  }
}

function agentOf(
  { path, state: file }: AgentFolder,
  state: Record<string, unknown>,
  config: Record<string, unknown>,
): LettaAgent {
  const name = textIn(config['name']) ?? (basename(path) === '' ? null : basename(path));
  const createdAt = writtenTime(config['create_time']) ?? savedAt(file);
  const { model, model_endpoint_type, model_wrapper, context_window, ...rest } = config;
  const { embedding_endpoint_type, embedding_model, embedding_dim, embedding_chunk_size } = rest;
  const memory = objectIn(state['memory']);
  const blocks = ['persona', 'human'].flatMap((label) => blockFrom({ label, value: memory[label] }, label) ?? []);
  return {
    id: derivedId('memgpt folder', name ?? '', textIn(config['create_time']) ?? textIn(state['system']) ?? ''),
    ownerId: null,
    name,
    description: null,
    system: textIn(state['system']),
    type: null,
    model: { model: textIn(model) ?? state['model'], model_endpoint_type, model_wrapper, context_window },
    embedding: { embedding_endpoint_type, embedding_model, embedding_dim, embedding_chunk_size },
    tools: listIn(state['functions']).flatMap((schema) => toolOf(schema) ?? []),
    rules: [],
    blocks,
    tags: [],
    metadata: {},
    timezone: null,
    settings: {},
    made: {
      preset: textIn(config['preset']),
      personaName: textIn(config['persona']),
      humanName: textIn(config['human']),
    },
    inView: [],
    createdAt,
    updatedAt: savedAt(file),
  };
}

/** `2023-11-05 10:00:00 AM PST-0800`, as such agents wrote times, some without a zone, or a usual one. */
function writtenTime(value: unknown): number | null {
  const text = textIn(value);
  return text === null ? null : (shownMoment(text, 'utc') ?? timeIn(text));
}

const withoutZoneWords = 'The times of this agent name no zone, and were taken for universal time.';

/** True where the times of an agent are those of a clock on the wall, of which nobody knows where it hung. */
function isWithoutZone(config: Record<string, unknown>, state: Record<string, unknown>): boolean {
  const contents = listIn(state['messages']).map((message) => (isObject(message) ? message['content'] : null));
  const packed = contents.map((content) => unpackText(textIn(content) ?? '')?.time ?? null);
  const written = [textIn(config['create_time']), ...packed].filter((time) => time !== null);
  return written.some((time) => shownMoment(time) === null && shownMoment(time, 'utc') !== null);
}

/** Messages in the form of chat completions, to which ids and times are given: a result answers the call before it. */
function messagesOf(agent: LettaAgent, held: readonly unknown[]): LettaMessage[] {
  let at = agent.createdAt;
  let called = '';
  return held.filter(isObject).map((members, index) => {
    const id = derivedId('memgpt folder message', agent.id, index);
    const call = objectIn(members['function_call']);
    const own = textIn(call['name']) === null ? [] : [{ id: `call_${index}`, function: call }];
    const calls = [...own, ...listIn(members['tool_calls'])];
    const message = readMessage(id, at, {
      ...members,
      tool_calls: calls,
      tool_call_id: textIn(members['tool_call_id']) ?? called,
    });
    const [first] = message.calls;
    if (first !== undefined) called = first.id;
    at = Math.max(at + 1, writtenTime(unpackText(spokenText(message))?.time) ?? 0);
    return { ...message, createdAt: at };
  });
}

async function* historyOf(
  agent: LettaAgent,
  messages: readonly LettaMessage[],
  placeOf: (at: string | null) => Place,
): AsyncGenerator<TransferRecord | Problem> {
  const conversationId = idsOf(agent.id).conversation;
  const byId = new Map(messages.map((message) => [message.id, message]));
  const source = {
    all: async function* () {
      yield* messages;
    },
    find: (id: string) => Promise.resolve(byId.get(id) ?? null),
  };
  const setting = { ownerId: null, agentId: agent.id, conversationId, ...speechOf(agent) };
  const places = new Map(messages.map(({ id }, index) => [id, `messages.${index}`]));
  const place = ({ id }: LettaMessage): Place => placeOf(places.get(id) ?? null);
  const { liveFromSeq } = yield* historyRecords(source, [...byId.keys()], setting, place);
  yield windowRecord(agent, conversationId, liveFromSeq, placeOf(null));
}

const pickle = /\.(?:pkl|pickle)$/iu;

/** What lies beside the state and is not read. */
function* leftBehind({ path }: AgentFolder, files: readonly SourceFile[]): Generator<Problem> {
  for (const { name } of files.filter((file) => file.name.startsWith(path) && pickle.test(file.name))) {
    const isArchive = basename(name) === 'nodes.pkl';
    const what = isArchive ? 'The archive of this agent lies' : 'What was said before what the agent has in view lies';
    yield inPickle(name, what);
  }
}

function inPickle(file: string, what: string): Problem {
  const why = `${what} in a pickle of Python, which is never opened: it could run anything.`;
  return { kind: 'problem', place: { file, line: null, at: null }, severity: 'left-out', why };
}
