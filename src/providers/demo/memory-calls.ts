import type { ToolDefinition } from '../../domain/tool.js';
import type { Fact, Findings } from './facts.js';
import type { RequestView } from './view.js';

/** A call the stand-in wants to make. */
export interface WantedCall {
  name: string;
  arguments: Record<string, unknown>;
  /** What it thinks while making it. */
  thought: string;
}

const appendTools = ['core_memory_append', 'memory_append', 'memory_insert', 'memory'];
const replaceTools = ['core_memory_replace', 'memory_replace', 'memory'];
const archiveTools = ['archival_memory_insert', 'archival_insert'];
const searchTools = ['archival_memory_search', 'conversation_search', 'memory_search'];

/** Tools that serve the agent's own memory and speech; every other one belongs to the application. */
const ownTools =
  /^(?:send_message|pause_heartbeats|core_memory_\w+|archival_\w+|conversation_search(?:_date)?|memory(?:_\w+)?|file_search|rethink_memory)$/;

/** True for a tool of the agent's own, false for a function of the application's. */
export function isOwnTool(name: string): boolean {
  return ownTools.test(name);
}

/** The calls that file what was found, as far as the offered tools allow and memory does not hold it already. */
export function memoryCalls(view: RequestView, findings: Findings): WantedCall[] {
  const edits = findings.facts.flatMap((fact) => editFor(view, fact));
  const kept = findings.requests.flatMap((text) => archiveFor(view, text, edits.length > 0));
  return [...edits, ...kept];
}

/** The searches that could answer a question, each with the offered tool's own arguments. */
export function searchCalls(view: RequestView, query: string): WantedCall[] {
  return searchTools.flatMap((name) => {
    const tool = view.request.tools.find((offered) => offered.name === name);
    if (tool === undefined) return [];
    return [
      { name, arguments: withRequired(tool, { query }), thought: 'I may have heard of this before; let me look.' },
    ];
  });
}

function editFor(view: RequestView, fact: Fact): WantedCall[] {
  const label = labelFor(view, fact.about);
  const block = view.blocks.find((one) => one.label === label);
  const lines = (block?.value ?? '').split('\n').map((line) => line.trim());
  if (lines.some((line) => line.toLowerCase() === fact.line.toLowerCase())) return [];
  const older = fact.single ? lines.find((line) => topicOf(line) === fact.topic) : undefined;
  const replace = older === undefined ? null : replaceCall(view, label, older, fact.line);
  const hasFailed = view.done.some((call) => call.failed && call.name === replace?.name);
  if (replace !== null && !hasFailed) return [replace];
  const append = appendCall(view, label, fact.line);
  return append === null ? [] : [append];
}

function archiveFor(view: RequestView, text: string, isFiled: boolean): WantedCall[] {
  const content = `The user asked me to remember: "${text}"`;
  const tool = offered(view, archiveTools);
  if (tool !== null) {
    const field = fieldOf(tool, ['content', 'text', 'memory', 'passage']);
    return [
      { name: tool.name, arguments: withRequired(tool, { [field]: content }), thought: 'This goes into my archive.' },
    ];
  }
  if (isFiled) return [];
  const label = labelFor(view, 'human');
  if (view.blocks.some((block) => block.value.includes(content))) return [];
  const append = appendCall(view, label, content);
  return append === null ? [] : [append];
}

function appendCall(view: RequestView, label: string, line: string): WantedCall | null {
  const tool = offered(view, appendTools);
  if (tool === null) return null;
  const thought = 'This is worth keeping in mind.';
  if (tool.name === 'memory') {
    return {
      name: tool.name,
      thought,
      arguments: { command: 'insert', path: `/memories/${label}`, insert_text: line },
    };
  }
  const labelField = fieldOf(tool, ['label', 'name', 'block', 'block_label']);
  const textField = fieldOf(tool, ['content', 'text', 'new_string', 'new_str', 'value']);
  return { name: tool.name, thought, arguments: withRequired(tool, { [labelField]: label, [textField]: line }) };
}

function replaceCall(view: RequestView, label: string, older: string, newer: string): WantedCall | null {
  const tool = offered(view, replaceTools);
  if (tool === null) return null;
  const thought = 'Something I knew has changed.';
  if (tool.name === 'memory') {
    const path = `/memories/${label}`;
    return {
      name: tool.name,
      thought,
      arguments: { command: 'str_replace', path, old_string: older, new_string: newer },
    };
  }
  const labelField = fieldOf(tool, ['label', 'name', 'block', 'block_label']);
  const oldField = fieldOf(tool, ['old_content', 'old_string', 'old_str', 'old_text', 'old']);
  const newField = fieldOf(tool, ['new_content', 'new_string', 'new_str', 'new_text', 'new']);
  const given = { [labelField]: label, [oldField]: older, [newField]: newer };
  return { name: tool.name, thought, arguments: withRequired(tool, given) };
}

function offered(view: RequestView, names: string[]): ToolDefinition | null {
  for (const name of names) {
    const tool = view.request.tools.find((one) => one.name === name);
    if (tool !== undefined) return tool;
  }
  return null;
}

function labelFor(view: RequestView, about: 'human' | 'persona'): string {
  const labels = view.blocks.map((block) => block.label);
  if (labels.length === 0 || labels.includes(about)) return about;
  return labels.find((label) => label === 'user') ?? labels.find((label) => label !== 'persona') ?? about;
}

/** The topic of a line this module once wrote, or that a profile was written with. */
function topicOf(line: string): string {
  if (/^lives (?:in|near)\b/i.test(line)) return 'home';
  if (/^comes from\b/i.test(line)) return 'origin';
  if (/^works as\b/i.test(line)) return 'work';
  if (/^works (?:at|for|in|with)\b/i.test(line)) return 'workplace';
  const head = /^([^:]{1,40}):/.exec(line)?.[1]?.toLowerCase() ?? '';
  return head === 'first name' || head === 'full name' ? 'name' : head;
}

function propertiesOf(tool: ToolDefinition): Record<string, Record<string, unknown>> {
  const properties = tool.parameters['properties'];
  return typeof properties === 'object' && properties !== null
    ? (properties as Record<string, Record<string, unknown>>)
    : {};
}

function fieldOf(tool: ToolDefinition, names: [string, ...string[]]): string {
  const properties = propertiesOf(tool);
  return names.find((name) => name in properties) ?? names[0];
}

/** Adds what the schema demands besides: a line at the end, a first page, a default. */
function withRequired(tool: ToolDefinition, given: Record<string, unknown>): Record<string, unknown> {
  const required = Array.isArray(tool.parameters['required']) ? (tool.parameters['required'] as unknown[]) : [];
  const properties = propertiesOf(tool);
  const filled = { ...given };
  for (const name of required) {
    if (typeof name !== 'string' || name in filled || name === 'request_heartbeat' || name === 'inner_thoughts')
      continue;
    filled[name] = defaultFor(name, properties[name] ?? {});
  }
  return filled;
}

function defaultFor(name: string, schema: Record<string, unknown>): unknown {
  if ('default' in schema) return schema['default'];
  if (Array.isArray(schema['enum'])) return schema['enum'].includes('all') ? 'all' : schema['enum'][0];
  switch (schema['type']) {
    case 'integer':
    case 'number':
      return name === 'insert_line' || name === 'line' ? -1 : 0;
    case 'boolean':
      return false;
    case 'array':
      return [];
    default:
      return '';
  }
}
