import type { JsonSchema } from '../domain/tool.js';

/** What can be read of a Python function without running it. */
export interface PythonFunction {
  name: string;
  /** The first paragraph of its docstring, empty where there is none. */
  description: string;
  parameters: JsonSchema;
}

const definitionForm = /^(?:async\s+)?def\s+([A-Za-z_]\w*)\s*\(/gmu;
/** The old servers passed the agent itself as the first argument; no model is asked for it. */
const ownArguments = new Set(['self', 'cls', 'agent_state']);

const typeNames: Record<string, string> = {
  str: 'string',
  int: 'integer',
  float: 'number',
  bool: 'boolean',
  list: 'array',
  dict: 'object',
};

/**
 * Reads the last function at the top level of a Python source: its name, arguments and docstring, by looking at the
 * text alone. Null where there is none.
 */
export function readPythonFunction(source: string): PythonFunction | null {
  const definition = [...source.matchAll(definitionForm)].at(-1);
  const name = definition?.[1];
  if (definition === undefined || name === undefined) return null;
  const open = definition.index + definition[0].length;
  const close = closingOf(source, open);
  const docstring = docstringAfter(source.slice(close));
  const descriptions = argumentLines(docstring);
  const properties: Record<string, unknown> = {};
  const required: string[] = [];
  for (const text of splitTop(source.slice(open, close))) {
    const argument = readArgument(text);
    if (argument === null) continue;
    const description = descriptions.get(argument.name);
    properties[argument.name] = { ...argument.schema, ...(description === undefined ? {} : { description }) };
    if (argument.isRequired) required.push(argument.name);
  }
  const [paragraph = ''] = docstring.trim().split(/\n\s*\n/u);
  const description = paragraph.replaceAll(/\s+/gu, ' ').trim();
  return { name, description, parameters: { type: 'object', properties, required } };
}

/** Where the parenthesis closes that is open at this place. */
function closingOf(source: string, open: number): number {
  let depth = 1;
  let quote = '';
  for (let place = open; place < source.length; place += 1) {
    const character = source.charAt(place);
    if (quote !== '') {
      if (character === quote && source.charAt(place - 1) !== '\\') quote = '';
    } else if (character === '"' || character === "'") quote = character;
    else if (character === '#') place = endOfLine(source, place);
    else if ('([{'.includes(character)) depth += 1;
    else if (')]}'.includes(character)) depth -= 1;
    if (depth === 0) return place;
  }
  return source.length;
}

function endOfLine(text: string, place: number): number {
  const end = text.indexOf('\n', place);
  return end === -1 ? text.length : end;
}

/** The parts between the commas that stand in no bracket and no text. */
function splitTop(text: string): string[] {
  const parts: string[] = [];
  let start = 0;
  for (let place = 0; place < text.length; place += 1) {
    const character = text.charAt(place);
    if ('([{'.includes(character)) place = closingOf(text, place + 1);
    else if (character === '"' || character === "'") {
      const end = text.indexOf(character, place + 1);
      place = end === -1 ? text.length : end;
    } else if (character === '#') {
      place = endOfLine(text, place);
    } else if (character === ',') {
      parts.push(text.slice(start, place));
      start = place + 1;
    }
  }
  return [...parts, text.slice(start)];
}

function readArgument(text: string): { name: string; schema: JsonSchema; isRequired: boolean } | null {
  const match = /^\s*([A-Za-z_]\w*)\s*(?::\s*([^=]+?))?\s*(=[\s\S]*)?$/u.exec(text.replaceAll(/#.*$/gmu, ''));
  const name = match?.[1];
  if (name === undefined || ownArguments.has(name)) return null;
  return { name, schema: schemaOf(match?.[2] ?? ''), isRequired: match?.[3] === undefined };
}

function schemaOf(annotation: string): JsonSchema {
  const inner = /^Optional\[([\s\S]+)\]$/u.exec(annotation)?.[1] ?? annotation.replace(/\s*\|\s*None$/u, '');
  const item = /^(?:list|List)\[([\s\S]+)\]$/u.exec(inner)?.[1];
  if (item !== undefined) return { type: 'array', items: schemaOf(item.trim()) };
  const type = typeNames[(/^\w+/u.exec(inner)?.[0] ?? '').toLowerCase()];
  return type === undefined ? {} : { type };
}

function docstringAfter(rest: string): string {
  return /^\)[^\n]*?:\s*[rR]?("""|''')([\s\S]*?)\1/u.exec(rest)?.[2] ?? '';
}

/** What a docstring says of each argument, in lines like `name (str): what it is`. */
function argumentLines(docstring: string): Map<string, string> {
  const lines = docstring.matchAll(/^\s*([A-Za-z_]\w*)\s*(?:\([^)]*\))?:[ \t]*(\S.*)$/gmu);
  return new Map([...lines].map((line) => [line[1] ?? '', (line[2] ?? '').trim()]));
}
