import { createDemoProvider } from '../../src/providers/demo.js';
import type { ModelEvent, ModelRequest, Provider, RequestCall, RequestMessage } from '../../src/providers/provider.js';
import type { ToolDefinition } from '../../src/domain/tool.js';

/** A reply, collected. */
export interface CollectedReply {
  text: string;
  reasoning: string;
  calls: RequestCall[];
  finish: Extract<ModelEvent, { type: 'finish' }> | null;
  events: ModelEvent[];
}

/** Reads a stream to its end. */
export async function collect(events: AsyncIterable<ModelEvent>): Promise<CollectedReply> {
  const reply: CollectedReply = { text: '', reasoning: '', calls: [], finish: null, events: [] };
  for await (const event of events) {
    reply.events.push(event);
    if (event.type === 'text') reply.text += event.text;
    else if (event.type === 'reasoning') reply.reasoning += event.text;
    else if (event.type === 'finish') reply.finish = event;
    else {
      const call = (reply.calls[event.index] ??= { id: '', name: '', arguments: '' });
      call.id += event.id ?? '';
      call.name += event.name ?? '';
      call.arguments += event.arguments ?? '';
    }
  }
  return reply;
}

/** A request with everything a test does not care about. */
export function requestOf(fields: Partial<ModelRequest> = {}): ModelRequest {
  return {
    model: 'demo',
    messages: [{ role: 'user', parts: [{ type: 'text', text: 'Hello' }] }],
    tools: [],
    toolChoice: 'auto',
    parallelToolCalls: null,
    settings: {},
    user: null,
    ...fields,
  };
}

/** A tool of text arguments, all required unless they end in `?`. */
export function toolOf(name: string, fields: string[], description = name): ToolDefinition {
  const names = fields.map((field) => field.replace('?', ''));
  return {
    name,
    description,
    parameters: {
      type: 'object',
      properties: Object.fromEntries(names.map((field) => [field, { type: 'string' }])),
      required: fields.filter((field) => !field.endsWith('?')),
    },
  };
}

/** Adds what the heartbeat protocol adds to every tool. */
export function withHeartbeat(tools: ToolDefinition[]): ToolDefinition[] {
  return tools.map((tool) => {
    const { properties, required } = tool.parameters as { properties: object; required: string[] };
    const beats = tool.name !== 'send_message';
    return {
      ...tool,
      parameters: {
        type: 'object',
        properties: {
          inner_thoughts: { type: 'string' },
          ...properties,
          ...(beats ? { request_heartbeat: { type: 'boolean' } } : {}),
        },
        required: ['inner_thoughts', ...required, ...(beats ? ['request_heartbeat'] : [])],
      },
    };
  });
}

type Arguments = Record<string, unknown>;

/** A conversation carried on by hand: request, calls, results, answer, until somebody speaks. */
export interface SmallEngine {
  say(text: string): Promise<string>;
  blocks: Record<string, string>;
  archive: string[];
  /** Every call in order, speech left out. */
  made: { name: string; arguments: Arguments }[];
  messages: RequestMessage[];
}

export interface SmallEngineOptions {
  tools: ToolDefinition[];
  heartbeat?: boolean;
  functions?: Record<string, (given: Arguments) => string>;
  blocks?: Record<string, string>;
  request?: Partial<ModelRequest>;
  instructions?: string;
}

const turnsMax = 8;

export function startSmallEngine(options: SmallEngineOptions): SmallEngine {
  const provider: Provider = createDemoProvider({ latencyMs: 0, tokensPerSecond: 0 });
  const tools = options.heartbeat === true ? withHeartbeat(options.tools) : options.tools;
  const engine: SmallEngine = {
    blocks: { persona: 'I am a helper.', human: '', ...options.blocks },
    archive: [],
    made: [],
    messages: [],
    async say(text) {
      const said = options.heartbeat === true ? envelope('user_message', { message: text }) : text;
      engine.messages.push({ role: 'user', parts: [{ type: 'text', text: said }] });
      for (let turn = 0; turn < turnsMax; turn += 1) {
        const spoken = await takeTurn(engine, provider, tools, options);
        if (spoken !== null) return spoken;
      }
      throw new Error(`It went on for ${turnsMax} turns: ${JSON.stringify(engine.made)}`);
    },
  };
  return engine;
}

async function takeTurn(
  engine: SmallEngine,
  provider: Provider,
  tools: ToolDefinition[],
  options: SmallEngineOptions,
): Promise<string | null> {
  const blocks = Object.entries(engine.blocks).map(
    ([label, value]) => `<${label} characters="${value.length}/5000">\n${value}\n</${label}>`,
  );
  const system = [options.instructions ?? 'You are kind.', '### Memory', ...blocks].join('\n');
  const request = requestOf({
    messages: [{ role: 'system', text: system }, ...engine.messages],
    tools,
    ...options.request,
  });
  const reply = await collect(provider.stream(request, new AbortController().signal));
  engine.messages.push({ role: 'assistant', text: reply.text === '' ? null : reply.text, calls: reply.calls });
  let spoken: string | null = reply.calls.length === 0 ? reply.text : null;
  for (const call of reply.calls) {
    const given = JSON.parse(call.arguments) as Arguments;
    if (call.name === 'send_message') spoken = String(given['message']);
    else engine.made.push({ name: call.name, arguments: given });
    const output = carryOut(engine, call.name, given, options);
    const text =
      options.heartbeat === true
        ? envelope('', { status: output.startsWith('Error') ? 'Failed' : 'OK', message: output })
        : output;
    engine.messages.push({ role: 'tool', callId: call.id, name: call.name, text });
  }
  if (spoken === null && options.heartbeat === true) {
    const beat = envelope('heartbeat', { reason: 'a tool asked for it' });
    engine.messages.push({ role: 'user', parts: [{ type: 'text', text: beat }] });
  }
  return spoken;
}

function carryOut(engine: SmallEngine, name: string, given: Arguments, options: SmallEngineOptions): string {
  const label = String(given['label'] ?? given['name']);
  const text = String(given['content'] ?? given['text'] ?? given['new_string'] ?? given['new_content'] ?? '');
  const own = options.functions?.[name];
  if (own !== undefined) return own(given);
  if (/^(?:core_memory_append|memory_append|memory_insert)$/.test(name)) {
    engine.blocks[label] = [engine.blocks[label] ?? '', text].filter((line) => line !== '').join('\n');
    return 'ok';
  }
  if (/_replace$/.test(name)) {
    const old = String(given['old_content'] ?? given['old_string']);
    if (!(engine.blocks[label] ?? '').includes(old)) return 'Error: not found';
    engine.blocks[label] = (engine.blocks[label] ?? '').replace(old, () => text);
    return 'ok';
  }
  if (/^archival_(?:memory_)?insert$/.test(name)) {
    engine.archive.push(text);
    return 'ok';
  }
  if (/_search$/.test(name)) return searchResult(engine, name, String(given['query']));
  return name === 'send_message' ? 'None' : `Error: no tool ${name}`;
}

/** Finds by any word in common, in the text format of old. */
function searchResult(engine: SmallEngine, name: string, query: string): string {
  const words = query.toLowerCase().match(/\w{4,}/g) ?? [];
  const found = (name.startsWith('archival') ? engine.archive : []).filter((text) =>
    words.some((word) => text.toLowerCase().includes(word)),
  );
  if (found.length === 0) return 'No results found.';
  const lines = found.map((text) => `timestamp: 2026-01-01 01:00:00 PM UTC+0000, memory: ${text}`);
  return `Showing ${found.length} of ${found.length} results (page 0/0): ${JSON.stringify(lines)}`;
}

export function envelope(type: string, fields: Record<string, unknown>): string {
  return JSON.stringify({ ...(type === '' ? {} : { type }), ...fields, time: '2026-01-01 01:00:00 PM UTC+0000' });
}
