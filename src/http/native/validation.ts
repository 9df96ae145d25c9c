import type { z } from 'zod';
import type { InvalidInput } from '../route.js';
import type { InvalidJson } from '../json-body.js';

/** One fault of a request's input, in the shape that clients of the old servers know. */
export interface InputFault {
  type: string;
  /** Where it is: `body`, `path` or `query`, then the names that lead there. */
  loc: (string | number)[];
  msg: string;
  input: unknown;
  ctx?: Record<string, unknown>;
  url: string;
}

type Wording = Pick<InputFault, 'type' | 'msg' | 'ctx'>;

const pages = 'https://errors.pydantic.dev/2.6/v/';

/** The body of a 422 answer: every fault with its place. */
export function toInputFaults(error: InvalidInput): { detail: InputFault[] } {
  return {
    detail: error.issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys' ? toStrangers(error, issue) : [toFault(error, issue)],
    ),
  };
}

/** The body of a 422 answer for a body that is no JSON. */
export function toJsonFault(error: InvalidJson): { detail: Omit<InputFault, 'url'>[] } {
  const ctx = { error: 'Expecting value' };
  return { detail: [{ type: 'json_invalid', loc: ['body', error.offset], msg: 'JSON decode error', input: {}, ctx }] };
}

function toFault(error: InvalidInput, issue: z.core.$ZodIssue): InputFault {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
  const value = at(error.input, path);
  const isAbsent = value === undefined;
  const wording = isAbsent ? { type: 'missing', msg: 'Field required' } : wordingOf(issue, value, path.length === 0);
  const input = isAbsent ? (at(error.input, path.slice(0, -1)) ?? null) : value;
  return {
    type: wording.type,
    loc: [error.part, ...path],
    msg: wording.msg,
    input,
    ...(wording.ctx === undefined ? {} : { ctx: wording.ctx }),
    url: `${pages}${wording.type}`,
  };
}

/** One fault for each member that the schema does not know. */
function toStrangers(error: InvalidInput, issue: z.core.$ZodIssueUnrecognizedKeys): InputFault[] {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
  return issue.keys.map((key) => ({
    type: 'extra_forbidden',
    loc: [error.part, ...path, key],
    msg: 'Extra inputs are not permitted',
    input: at(error.input, [...path, key]),
    url: `${pages}extra_forbidden`,
  }));
}

function at(value: unknown, path: readonly (string | number)[]): unknown {
  let here = value;
  for (const step of path) {
    if (typeof here !== 'object' || here === null) return undefined;
    here = Object.hasOwn(here, step) ? (here as Record<string | number, unknown>)[step] : undefined;
  }
  return here;
}

function wordingOf(issue: z.core.$ZodIssue, value: unknown, isWhole: boolean): Wording {
  switch (issue.code) {
    case 'invalid_type':
      return wordingOfType(issue.expected, value, isWhole);
    case 'invalid_value': {
      const expected = listed(issue.values.map((option) => `'${String(option)}'`));
      return { type: 'enum', msg: `Input should be ${expected}`, ctx: { expected } };
    }
    case 'too_small':
      return wordingOfBound('greater_than_equal', 'greater', 'ge', issue.minimum);
    case 'too_big':
      return wordingOfBound('less_than_equal', 'less', 'le', issue.maximum);
    case 'custom': {
      const kind: unknown = issue.params?.['kind'];
      return typeof kind === 'string' ? { type: kind, msg: issue.message } : valueError(issue.message);
    }
    case 'invalid_format':
    case 'invalid_union':
    case 'invalid_key':
    case 'invalid_element':
    case 'not_multiple_of':
    case 'unrecognized_keys':
      return valueError(issue.message);
    default:
      return issue satisfies never;
  }
}

function wordingOfType(expected: string, value: unknown, isWhole: boolean): Wording {
  const isText = typeof value === 'string';
  switch (expected) {
    case 'string':
      return { type: 'string_type', msg: 'Input should be a valid string' };
    case 'boolean':
      return isText
        ? { type: 'bool_parsing', msg: 'Input should be a valid boolean, unable to interpret input' }
        : { type: 'bool_type', msg: 'Input should be a valid boolean' };
    case 'int':
    case 'number':
      return isText
        ? { type: 'int_parsing', msg: 'Input should be a valid integer, unable to parse string as an integer' }
        : { type: 'int_type', msg: 'Input should be a valid integer' };
    case 'array':
      return { type: 'list_type', msg: 'Input should be a valid list' };
    case 'object':
    case 'record':
      return isWhole
        ? {
            type: 'model_attributes_type',
            msg: 'Input should be a valid dictionary or object to extract fields from',
          }
        : { type: 'dict_type', msg: 'Input should be a valid dictionary' };
    default:
      return valueError(`Input should be a valid ${expected}`);
  }
}

function wordingOfBound(type: string, word: string, key: string, bound: number | bigint): Wording {
  const limit = Number(bound);
  return { type, msg: `Input should be ${word} than or equal to ${limit}`, ctx: { [key]: limit } };
}

function valueError(message: string): Wording {
  return { type: 'value_error', msg: `Value error, ${message}` };
}

function listed(words: string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`;
}
