import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import fc, { type Arbitrary } from 'fast-check';
import { cleanText } from '../../../src/domain/storable-text.js';
import { contractPath } from '../../support/contract.js';

type Json = Record<string, unknown>;

/** Random objects of the original's kinds, made from what its contract says of them. Only where the contract is here. */
export function openContract(): (schema: string) => Arbitrary<Json> {
  const document = JSON.parse(readFileSync(contractPath, 'utf8')) as { components: { schemas: Record<string, Json> } };
  const { schemas } = document.components;
  const made = new Map<string, Arbitrary<unknown>>();
  const byName = (name: string): Arbitrary<unknown> => {
    const known = made.get(name);
    if (known !== undefined) return known;
    const arbitrary = valueOf(schemas[name] ?? {}, byName);
    made.set(name, arbitrary);
    return arbitrary;
  };
  return (name) => byName(name) as Arbitrary<Json>;
}

type ByName = (name: string) => Arbitrary<unknown>;

function valueOf(schema: Json, byName: ByName): Arbitrary<unknown> {
  const value = bareValueOf(schema, byName);
  return schema['nullable'] === true ? fc.option(value) : value;
}

function bareValueOf(schema: Json, byName: ByName): Arbitrary<unknown> {
  if (typeof schema['$ref'] === 'string') return byName(schema['$ref'].split('/').at(-1) ?? '');
  const choices = (schema['anyOf'] ?? schema['oneOf']) as Json[] | undefined;
  if (choices !== undefined) return fc.oneof(...choices.map((choice) => valueOf(choice, byName)));
  const all = schema['allOf'] as Json[] | undefined;
  if (all !== undefined) return wholeOf(all, byName);
  if (Array.isArray(schema['enum'])) return fc.constantFrom(...(schema['enum'] as unknown[]));
  if ('const' in schema) return fc.constant(schema['const']);
  if (Array.isArray(schema['type'])) {
    return fc.oneof(...(schema['type'] as string[]).map((type) => valueOf({ ...schema, type }, byName)));
  }
  return typedValueOf(schema, byName);
}

/** What is made of several parts; in the contract a part that is only null stands for a whole that may be null. */
function wholeOf(all: Json[], byName: ByName): Arbitrary<unknown> {
  const parts = all
    .filter((part) => part['type'] !== 'null' && !isDeepStrictEqual(part, { nullable: true }))
    .map((part) => valueOf(part, byName));
  const [only] = parts;
  const whole = parts.length === 1 && only !== undefined ? only : fc.tuple(...parts).map(joined);
  return parts.length === all.length ? whole : fc.option(whole);
}

function joined(parts: unknown[]): Json {
  return Object.assign({}, ...(parts as Json[])) as Json;
}

function typedValueOf(schema: Json, byName: ByName): Arbitrary<unknown> {
  const least = schema['minimum'] as number | undefined;
  const greatest = schema['maximum'] as number | undefined;
  switch (schema['type']) {
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.integer({ min: least ?? 1, max: greatest ?? 2_000_000_000 });
    case 'number':
      return fc.double({ min: least ?? 0, max: greatest ?? 1, noNaN: true }).map((number) => number + 0);
    case 'string':
      return textOf(Math.min((schema['maxLength'] as number | undefined) ?? 30, 30));
    case 'array':
      return fc.array(valueOf((schema['items'] ?? {}) as Json, byName), { maxLength: 3 });
    default:
      return objectOf(schema, byName);
  }
}

/** Text in any script, of any length, that a database can keep. */
function textOf(maxLength: number): Arbitrary<string> {
  return fc.string({ unit: 'grapheme', maxLength }).filter((text) => cleanText(text) === text);
}

function objectOf(schema: Json, byName: ByName): Arbitrary<unknown> {
  const properties = schema['properties'] as Record<string, Json> | undefined;
  if (properties === undefined) {
    const more = schema['additionalProperties'];
    const value = typeof more === 'object' && more !== null ? valueOf(more as Json, byName) : textOf(10);
    return fc.dictionary(
      textOf(10).filter((key) => key !== '__proto__'),
      value,
      { maxKeys: 3, noNullPrototype: true },
    );
  }
  const fields = Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, valueOf(each, byName)]));
  const requiredKeys = ((schema['required'] ?? []) as string[]).filter((name) => name in fields);
  return fc.record(fields, { requiredKeys, noNullPrototype: true });
}
