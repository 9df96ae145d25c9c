import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

/*
 * Every answer of the OpenAI face that a test receives passes through here and is held against the published contract
 * of the original. The contract is no part of this project: where it is absent, only the headers are checked.
 */

/** Where the contract lies, where it is here. */
export const contractPath = join(
  fileURLToPath(new URL('../..', import.meta.url)),
  ...['..', 'shared', 'reference', 'openai-contract.json'],
);

/** True where the contract is there to be held against. */
export const contractIsHere = existsSync(contractPath);

/** Routes that the original did not have, by method and path. */
const beyond: readonly RegExp[] = [/^GET \/threads$/u, /^GET \/threads\/[^/]+\/runs\/[^/]+\/events$/u];

/** Watches the answers of a face. */
export interface ContractWatch {
  /** Takes the place of `fetch`, also inside the official clients. */
  fetch: typeof fetch;
  /** Waits for the streams that are still being read, then throws where any answer broke the contract. */
  settle(): Promise<void>;
  /** How many bodies and events have been held against the contract. */
  checked(): number;
}

/** Begins to watch. */
export function watchContract(): ContractWatch {
  const contract = contractIsHere ? loadContract() : null;
  const faults: string[] = [];
  const streams: Promise<void>[] = [];
  let checked = 0;
  const note = (where: string, found: readonly string[]): void => {
    checked += 1;
    for (const fault of found) faults.push(`${where}: ${fault}`);
  };

  const watched: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    const response = await fetch(input, init);
    const path = bareOf(new URL(request.url).pathname);
    if (path === null) return response;
    const where = `${request.method} ${path} ${response.status}`;
    const isContent = response.ok && /^\/files\/[^/]+\/content$/u.test(path);
    note(where, headerFaults(response, isContent));
    const type = response.headers.get('content-type') ?? '';
    if (contract === null || isContent) return response;
    if (type.startsWith('application/json')) {
      const body: unknown = await response.clone().json();
      note(where, contract.checkBody(request.method, path, response.status, body));
      return response;
    }
    if (!type.startsWith('text/event-stream') || response.body === null) return response;
    const [mine, theirs] = response.body.tee();
    streams.push(checkStream(mine, (event, data) => note(`${where} ${event}`, contract.checkEvent(path, event, data))));
    return new Response(theirs, response);
  };

  return {
    fetch: watched,
    checked: () => checked,
    settle: async () => {
      await Promise.all(streams.splice(0));
      const found = faults.splice(0);
      if (found.length > 0) throw new Error(`The contract was broken ${found.length} times:\n${found.join('\n')}`);
    },
  };
}

/** A path without what comes before the original's own; null where it belongs to no original. */
function bareOf(path: string): string | null {
  const bare = /^\/+(?:openai\/+v1|v1|openai(?:\/deployments\/[^/]+)?)(?=\/)(.*)$/u.exec(path)?.[1];
  return bare === undefined ? null : bare.replace(/\/{2,}/gu, '/').replace(/(.)\/$/u, '$1');
}

/** A file's bytes have the type of the file. */
function headerFaults(response: Response, isContent: boolean): string[] {
  const expected: Record<string, RegExp> = {
    'content-type': isContent ? /^\w+\/\S+/u : /^(application\/json|text\/event-stream)\b/u,
    'x-request-id': /^[\w.-]+$/u,
    'openai-processing-ms': /^\d+$/u,
    'openai-version': /^2020-10-01$/u,
    'openai-organization': /^\S+$/u,
  };
  return Object.entries(expected).flatMap(([name, form]) => {
    const value = response.headers.get(name);
    return value !== null && form.test(value) ? [] : [`header ${name} is ${value ?? 'absent'}`];
  });
}

async function checkStream(
  body: ReadableStream<Uint8Array>,
  check: (event: string, data: string) => void,
): Promise<void> {
  let text = '';
  try {
    for await (const piece of body.pipeThrough(new TextDecoderStream())) text += piece;
  } catch {
    // The reader left in the middle; what came until then is checked.
  }
  for (const block of text.split('\n\n').slice(0, -1)) {
    const lines = block.split('\n').filter((line) => !line.startsWith(':'));
    if (lines.length === 0) continue;
    const field = (name: string): string =>
      lines
        .filter((line) => line.startsWith(`${name}: `))
        .map((line) => line.slice(name.length + 2))
        .join('\n');
    check(field('event'), field('data'));
  }
}

interface Contract {
  checkBody(method: string, path: string, status: number, body: unknown): string[];
  checkEvent(path: string, event: string, data: string): string[];
}

type Json = Record<string, unknown>;

function loadContract(): Contract {
  const document = JSON.parse(readFileSync(contractPath, 'utf8')) as { paths: Record<string, Record<string, Json>> };
  normalise(document as unknown as Json);
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema(document, 'contract');
  const known = new Map<string, ValidateFunction>();
  const validator = (pointer: string): ValidateFunction => {
    const found = known.get(pointer) ?? ajv.compile({ $ref: `contract#${pointer}` });
    known.set(pointer, found);
    return found;
  };
  const faultsOf = (pointer: string, value: unknown): string[] => {
    const validate = validator(pointer);
    if (validate(value)) return [];
    return (validate.errors ?? []).slice(0, 5).map((error) => `${error.instancePath} ${error.message ?? ''}`);
  };
  const templates = Object.keys(document.paths).sort((left, right) => left.split('{').length - right.split('{').length);
  return {
    checkBody: (method, path, status, body) => {
      if (status >= 400) return faultsOf('/components/schemas/ErrorResponse', body);
      if (beyond.some((form) => form.test(`${method} ${path}`))) return [];
      const template = templates.find((candidate) => fits(candidate, path));
      const operation = template === undefined ? undefined : document.paths[template]?.[method.toLowerCase()];
      if (template === undefined || operation === undefined) return ['the original has no such route'];
      const steps = ['paths', template, method.toLowerCase(), 'responses', '200', 'content', 'application/json'];
      return faultsOf(`/${[...steps, 'schema'].map(escapeStep).join('/')}`, withVectorsRead(withoutEmptyCursors(body)));
    },
    checkEvent: (path, event, data) => {
      if (path === '/chat/completions') return checkChunk(event, data, faultsOf);
      return faultsOf('/components/schemas/AssistantStreamEvent', {
        event,
        data: data === '[DONE]' ? data : JSON.parse(data),
      });
    },
  };
}

/** The chunks of a chat have no names, and an error among them is the last. */
function checkChunk(event: string, data: string, faultsOf: (pointer: string, value: unknown) => string[]): string[] {
  if (event !== '') return ['a chunk has no name'];
  if (data === '[DONE]') return [];
  const chunk = JSON.parse(data) as Json;
  const schema = 'error' in chunk ? 'ErrorResponse' : 'CreateChatCompletionStreamResponse';
  return faultsOf(`/components/schemas/${schema}`, chunk);
}

function fits(template: string, path: string): boolean {
  return new RegExp(`^${template.replaceAll(/\{\w+\}/gu, '[^/]+')}$`, 'u').test(path);
}

function escapeStep(step: string): string {
  return encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1'));
}

/** The one exception: an empty list has no first and no last, as the real service answered it. */
function withoutEmptyCursors(body: unknown): unknown {
  const list = body as Json;
  const isEmpty = list['object'] === 'list' && Array.isArray(list['data']) && list['data'].length === 0;
  return isEmpty && list['first_id'] === null && list['last_id'] === null
    ? { ...list, first_id: '', last_id: '' }
    : body;
}

/** Vectors in base64 are not in the contract, though every client asks for them; they are checked as the numbers. */
function withVectorsRead(body: unknown): unknown {
  const { data } = body as { data?: unknown };
  if (!Array.isArray(data)) return body;
  const read = (data as Json[]).map((item) => {
    if (item['object'] !== 'embedding' || typeof item['embedding'] !== 'string') return item;
    const bytes = Buffer.from(item['embedding'], 'base64');
    return { ...item, embedding: Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readFloatLE(at * 4)) };
  });
  return { ...(body as Json), data: read };
}

const schemaMaps = new Set(['properties', 'schemas', 'patternProperties', '$defs', 'mapping', 'discriminator']);

/** Rewrites `nullable`, which the document still uses, in the words of its JSON Schema version. */
function normalise(node: unknown, isMap = false): void {
  if (Array.isArray(node)) for (const item of node) normalise(item);
  if (typeof node !== 'object' || node === null || Array.isArray(node)) return;
  const schema = node as Json;
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'discriminator' && !isMap) delete schema[key];
    else normalise(value, !isMap && schemaMaps.has(key));
  }
  if (isMap) return;
  if (schema['$recursiveRef'] === '#') {
    delete schema['$recursiveRef'];
    schema['$ref'] = '#/components/schemas/CompoundFilter';
  }
  delete schema['$recursiveAnchor'];
  if (schema['nullable'] === true) makeNullable(schema);
  const all = schema['allOf'];
  if (Array.isArray(all) && all.some((part: Json) => isOnlyNull(part))) {
    const rest = all.filter((part: Json) => !isOnlyNull(part));
    delete schema['allOf'];
    schema['anyOf'] = [...(rest.length === 1 ? rest : [{ allOf: rest }]), { type: 'null' }];
  }
}

function isOnlyNull(part: Json): boolean {
  return part['type'] === 'null' && Object.keys(part).length === 1;
}

function makeNullable(schema: Json): void {
  delete schema['nullable'];
  const keys = Object.keys(schema);
  if (keys.length === 0) schema['type'] = 'null';
  else if (typeof schema['$ref'] === 'string') {
    schema['anyOf'] = [{ $ref: schema['$ref'] }, { type: 'null' }];
    delete schema['$ref'];
  } else if (typeof schema['type'] === 'string') {
    schema['type'] = [schema['type'], 'null'];
    if (Array.isArray(schema['enum'])) schema['enum'] = [...(schema['enum'] as unknown[]), null];
  } else {
    for (const key of ['anyOf', 'oneOf']) {
      if (Array.isArray(schema[key])) schema[key] = [...(schema[key] as unknown[]), { type: 'null' }];
    }
  }
}
