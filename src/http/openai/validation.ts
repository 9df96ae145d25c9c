import type { z } from 'zod';
import type { InvalidInput } from '../route.js';

/** A refusal of input in the original's words. */
export interface InputRefusal {
  message: string;
  param: string | null;
  code: string | null;
}

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** The first fault of an input, as the original would tell of it. */
export function describeInput(error: InvalidInput): InputRefusal {
  const [first] = error.issues;
  if (first === undefined) return { message: error.message, param: null, code: null };
  return describeIssue(first, first.path, error.input, error.part === 'body' ? 'body' : 'parameters');
}

function describeIssue(issue: Issue, path: Path, input: unknown, whole: string): InputRefusal {
  const param = toParam(path);
  const name = param ?? whole;
  const value = at(input, path);
  if (value === undefined && issue.code !== 'unrecognized_keys' && issue.code !== 'custom' && param !== null) {
    return { message: `Missing required parameter: '${name}'.`, param, code: 'missing_required_parameter' };
  }
  switch (issue.code) {
    case 'invalid_type':
      return wrongType(param, name, expectedWord(issue.message === 'integer' ? 'int' : issue.expected), value);
    case 'invalid_value':
      return wrongValue(param, value, issue.values);
    case 'too_big':
    case 'too_small':
      return { ...outOfBounds(issue, name, value), param };
    case 'invalid_format':
      return {
        message: `Invalid '${name}': string does not match pattern. Expected a string that matches the pattern '${patternOf(issue)}'.`,
        param,
        code: 'invalid_value',
      };
    case 'unrecognized_keys': {
      const key = toParam([...path, issue.keys[0] ?? '']) ?? '';
      return { message: `Unknown parameter: '${key}'.`, param: key, code: 'unknown_parameter' };
    }
    case 'invalid_union':
      return describeUnion(issue, path, input, whole);
    case 'custom':
      return {
        message: issue.message.replaceAll('{param}', name),
        param,
        code: typeof issue.params?.['code'] === 'string' ? issue.params['code'] : 'invalid_value',
      };
    case 'invalid_key':
    case 'invalid_element':
    case 'not_multiple_of':
      return { message: `Invalid '${name}': ${issue.message}`, param, code: 'invalid_value' };
    default:
      return issue satisfies never;
  }
}

/** Of a value that may have several shapes, the fault of the shape it has; where it has none, all shapes are named. */
function describeUnion(
  issue: Extract<Issue, { code: 'invalid_union' }>,
  path: Path,
  input: unknown,
  whole: string,
): InputRefusal {
  const value = at(input, path);
  if ('options' in issue && Array.isArray(issue.options)) return wrongValue(toParam(path), value, issue.options);
  const branches = issue.errors.flatMap(([first]) => (first === undefined ? [] : [first]));
  const meant = branches.find((branch) => branch.path.length > 0 || !isAboutType(branch, value));
  if (meant !== undefined) return describeIssue(meant, [...path, ...meant.path], input, whole);
  const expected = branches.map((branch) =>
    branch.code === 'invalid_type' ? expectedWord(branch.expected) : 'one of the known values',
  );
  return wrongType(toParam(path), toParam(path) ?? whole, [...new Set(expected)].join(' or '), value);
}

/** True where a shape was not meant at all: the value has another type than it. */
function isAboutType(issue: Issue, value: unknown): boolean {
  if (issue.code === 'invalid_type') return true;
  return issue.code === 'invalid_value' && !issue.values.some((option) => typeof option === typeof value);
}

function wrongType(param: string | null, name: string, expected: string, value: unknown): InputRefusal {
  const message = `Invalid type for '${name}': expected ${expected}, but got ${wordFor(value)} instead.`;
  return { message, param, code: 'invalid_type' };
}

function wrongValue(param: string | null, value: unknown, options: readonly unknown[]): InputRefusal {
  const shown = typeof value === 'string' ? `'${value.slice(0, 200)}'` : JSON.stringify(value);
  const message = `Invalid value: ${shown}. Supported values are: ${listed(options)}.`;
  return { message, param, code: 'invalid_value' };
}

function outOfBounds(
  issue: Extract<Issue, { code: 'too_big' | 'too_small' }>,
  name: string,
  value: unknown,
): Omit<InputRefusal, 'param'> {
  const tooBig = issue.code === 'too_big';
  const bound = String(tooBig ? issue.maximum : issue.minimum);
  if (issue.origin === 'string' || issue.origin === 'array') {
    const kind = issue.origin;
    const word = withArticle(kind);
    const length = typeof value === 'string' || Array.isArray(value) ? value.length : 0;
    if (!tooBig) {
      const message = `Invalid '${name}': empty ${kind}. Expected ${word} with minimum length ${bound}, but got an empty ${kind} instead.`;
      return { message, code: `empty_${kind}` };
    }
    const message = `Invalid '${name}': ${kind} too long. Expected ${word} with maximum length ${bound}, but got ${word} with length ${length} instead.`;
    return { message, code: `${kind}_above_max_length` };
  }
  // A bound of a decimal says so in its message; all others are bounds of whole numbers.
  const kind = issue.message === 'decimal' ? 'decimal' : 'integer';
  const [side, sign] = tooBig ? (['above maximum', '<='] as const) : (['below minimum', '>='] as const);
  return {
    message: `Invalid '${name}': ${kind} ${side} value. Expected a value ${sign} ${bound}, but got ${String(value)} instead.`,
    code: tooBig ? `${kind}_above_max_value` : `${kind}_below_min_value`,
  };
}

function expectedWord(expected: string): string {
  const words: Record<string, string> = { int: 'an integer', number: 'a decimal', record: 'an object' };
  return words[expected] ?? withArticle(expected);
}

function wordFor(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a decimal';
  return withArticle(typeof value);
}

function withArticle(word: string): string {
  if (word === 'null') return word;
  return /^[aeiou]/u.test(word) ? `an ${word}` : `a ${word}`;
}

/** Names that are understood for the sake of old clients, and recommended to nobody. */
const outdated: ReadonlySet<unknown> = new Set(['retrieval']);

/** `'a'`, `'a' and 'b'`, `'a', 'b', and 'c'`. */
function listed(options: readonly unknown[]): string {
  const words = options.filter((option) => !outdated.has(option)).map((option) => `'${String(option)}'`);
  if (words.length < 3) return words.join(' and ');
  return `${words.slice(0, -1).join(', ')}, and ${words.at(-1) ?? ''}`;
}

function patternOf(issue: Extract<Issue, { code: 'invalid_format' }>): string {
  const pattern = 'pattern' in issue && typeof issue.pattern === 'string' ? issue.pattern : issue.format;
  return pattern.replace(/^\/(.*)\/[a-z]*$/u, '$1');
}

/** `messages[0].content`; null for the whole input. */
function toParam(path: Path): string | null {
  if (path.length === 0) return null;
  return path.reduce<string>((name, step) => {
    if (typeof step === 'number') return `${name}[${step}]`;
    return name === '' ? String(step) : `${name}.${String(step)}`;
  }, '');
}

function at(value: unknown, path: Path): unknown {
  let here = value;
  for (const step of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, step)) return undefined;
    here = (here as Record<PropertyKey, unknown>)[step];
  }
  return here;
}
