/** A call as a model wrote it into its text. */
export interface WrittenCall {
  name: string;
  /** JSON text. */
  arguments: string;
}

type Fields = Record<string, unknown>;

const openTags = ['<tool_call>', '<function_call>', '<|python_tag|>', '[TOOL_CALLS]'];
const nameKeys = ['name', 'function', 'tool', 'tool_name'];
const argumentKeys = ['arguments', 'parameters', 'params', 'args'];
const otherKeys = ['type', 'id', 'index', 'inner_thoughts', 'thoughts', 'thought', 'request_heartbeat'];
const knownKeys = new Set([...nameKeys, ...argumentKeys, ...otherKeys, 'tool_calls']);
const fenceLanguages = ['', 'json', 'tool_call', 'tool_code', 'python', 'tool'];
/** Text longer than this is no call, whatever it begins with. */
const heldCharsMax = 64_000;

/** True while a text's beginning may still turn out to be a call of one of these tools. */
export function couldBecomeCall(text: string, names: ReadonlySet<string>): boolean {
  if (text.length > heldCharsMax) return false;
  const start = text.trimStart();
  if (openTags.some((tag) => start.startsWith(tag) || tag.startsWith(start))) return true;
  if (start.startsWith('`')) return fenceCould(start, names);
  return bareCould(start, names);
}

function fenceCould(text: string, names: ReadonlySet<string>): boolean {
  if (text.length < 3) return '```'.startsWith(text);
  const fence = /^```([^\n]*)(\n?)([\s\S]*)$/.exec(text);
  if (fence === null) return false;
  const language = fence[1]?.trim() ?? '';
  if (fence[2] === '') return fenceLanguages.some((known) => known.startsWith(language));
  const body = (fence[3] ?? '').trimStart();
  return fenceLanguages.includes(language) && (body === '' || bareCould(body, names));
}

/** An object whose first keys are those of a call, a list of such, or a list of calls in Python's manner. */
function bareCould(text: string, names: ReadonlySet<string>): boolean {
  if (text.startsWith('{')) return objectCould(text, names);
  if (!text.startsWith('[')) return false;
  const inner = text.slice(1).trimStart();
  if (inner === '') return true;
  if (inner.startsWith('{')) return objectCould(inner, names);
  const word = /^[\w.-]*/.exec(inner)?.[0] ?? '';
  const isWhole = word.length < inner.length;
  if (isWhole) return names.has(word) && inner.slice(word.length).trimStart().startsWith('(');
  return [...names].some((name) => name.startsWith(word));
}

function objectCould(text: string, names: ReadonlySet<string>): boolean {
  const key = /^\{\s*"([^"]*)"/.exec(text)?.[1];
  if (key === undefined) return /^\{\s*(?:"[^"]*)?$/.test(text);
  if (!knownKeys.has(key)) return false;
  const value = /^\{\s*"[^"]*"\s*:\s*"([^"]*)"/.exec(text)?.[1];
  return value === undefined || !nameKeys.includes(key) || names.has(value);
}

/** Where a tag begins in a text, or the beginning of one at its very end; null where nothing must be held. */
export function findTag(text: string): { at: number; whole: boolean } | null {
  const whole = openTags.map((tag) => text.indexOf(tag)).filter((at) => at >= 0);
  if (whole.length > 0) return { at: Math.min(...whole), whole: true };
  const longest = Math.min(text.length, 15);
  for (let length = longest; length > 0; length -= 1) {
    const tail = text.slice(-length);
    if (openTags.some((tag) => tag.startsWith(tail))) return { at: text.length - length, whole: false };
  }
  return null;
}

/** Reads a text that is nothing but calls of known tools; null for every other text. */
export function readCalls(text: string, names: ReadonlySet<string>): WrittenCall[] | null {
  const body = unwrap(text.trim());
  if (body === '') return null;
  const values = parseValues(body);
  const calls = values === null ? readPython(body, names) : values.map((value) => toCalls(value, names));
  if (calls === null) return null;
  const flat = calls.flat();
  return flat.length === 0 || flat.some((call) => call === null) ? null : flat.filter((call) => call !== null);
}

/** Takes off tags and fences. */
function unwrap(text: string): string {
  const fenced = /^```[^\n]*\n([\s\S]*?)\n?```$/.exec(text)?.[1] ?? text;
  return fenced.replaceAll(/<\/?(?:tool_call|function_call)>|<\|python_tag\|>|\[TOOL_CALLS\]/g, '\n').trim();
}

/** One JSON value, or several one after the other. */
function parseValues(text: string): unknown[] | null {
  const whole = parse(text);
  if (whole !== undefined) return Array.isArray(whole) ? whole : [whole];
  const pieces = splitObjects(text);
  const values = pieces?.map(parse);
  return values === undefined || values.some((value) => value === undefined) ? null : values;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Cuts `{…} {…}` apart, quotes minded; null where anything stands between them but space, commas and semicolons. */
function splitObjects(text: string): string[] | null {
  const pieces: string[] = [];
  let depth = 0;
  let start = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? '';
    if (quoted) {
      if (character === '\\') at += 1;
      else if (character === '"') quoted = false;
    } else if (character === '"' && depth > 0) quoted = true;
    else if (character === '{') {
      if (depth === 0) start = at;
      depth += 1;
    } else if (character === '}') {
      depth -= 1;
      if (depth === 0) pieces.push(text.slice(start, at + 1));
    } else if (depth === 0 && !/[\s,;]/.test(character)) return null;
  }
  return depth === 0 && pieces.length > 0 ? pieces : null;
}

function toCalls(value: unknown, names: ReadonlySet<string>): (WrittenCall | null)[] {
  if (typeof value !== 'object' || value === null) return [null];
  const fields = value as Fields;
  if (Array.isArray(fields['tool_calls'])) return fields['tool_calls'].flatMap((call) => toCalls(call, names));
  if (Object.keys(fields).some((key) => !knownKeys.has(key))) return [null];
  const wrapped = fields['function'];
  if (typeof wrapped === 'object' && wrapped !== null) return toCalls(wrapped, names);
  const name = nameKeys.map((key) => fields[key]).find((found) => typeof found === 'string');
  const given = argumentKeys.map((key) => fields[key]).find((found) => found !== undefined);
  if (typeof name !== 'string' || !names.has(name) || given === undefined) return [null];
  return [{ name, arguments: argumentsOf(given, fields) }];
}

/** Arguments may be an object or its text; what the heartbeat protocol puts beside them belongs to them. */
function argumentsOf(given: unknown, fields: Fields): string {
  if (typeof given === 'string') return given;
  const beside = Object.fromEntries(
    ['inner_thoughts', 'request_heartbeat'].flatMap((key) => (key in fields ? [[key, fields[key]]] : [])),
  );
  return JSON.stringify({ ...beside, ...(given as Fields) });
}

/** `[get_weather(city="Paris", days=2), …]`: keyword arguments with plain values. */
function readPython(text: string, names: ReadonlySet<string>): WrittenCall[][] | null {
  const list = /^\[([\s\S]*)\]$/.exec(text)?.[1]?.trim();
  if (list === undefined) return null;
  const value = String.raw`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|-?\d+(?:\.\d+)?|True|False|None`;
  const pair = String.raw`\w+\s*=\s*(?:${value})`;
  const call = String.raw`[\w.-]+\((?:\s*${pair}\s*,?)*\s*\)`;
  if (!new RegExp(String.raw`^${call}(?:\s*,\s*${call})*\s*,?$`).test(list)) return null;
  const calls = [...list.matchAll(new RegExp(call, 'g'))].map(([whole]) => {
    const name = whole.slice(0, whole.indexOf('('));
    const pairs = [...whole.slice(name.length).matchAll(new RegExp(String.raw`(\w+)\s*=\s*(${value})`, 'g'))];
    const given = Object.fromEntries(pairs.map((found) => [found[1] ?? '', pythonValue(found[2] ?? '')]));
    return { name, arguments: JSON.stringify(given) };
  });
  return calls.every((one) => names.has(one.name)) ? [calls] : null;
}

function pythonValue(text: string): unknown {
  switch (text) {
    case 'True':
      return true;
    case 'False':
      return false;
    case 'None':
      return null;
    default:
      return /^["']/.test(text) ? text.slice(1, -1).replaceAll(/\\(.)/g, '$1') : Number(text);
  }
}
