import { wordsOf } from './words.js';

type Schema = Record<string, unknown>;

/** What a text offers to fill a schema with. */
export interface Material {
  /** What somebody said. */
  text: string;
  /** The sentence that stands where a schema wants an answer. */
  answer: string;
}

const placeField = /location|city|place|town|country|region|destination|origin|where|address|area/i;
const wholeTextField =
  /query|question|prompt|search|text|message|content|input|sentence|description|body|note|title|task|subject|topic|reason/i;
const answerField = /answer|reply|response|message|text|content|summary|output|explanation|result/i;

/**
 * The values a text holds for one field of a function, best first: places for places, numbers for numbers, members of
 * an enumeration that are named. Empty where the text says nothing that fits.
 */
export function valuesFor(name: string, schema: Schema, text: string): unknown[] {
  const options = Array.isArray(schema['enum']) ? (schema['enum'] as unknown[]) : null;
  if (options !== null) return options.filter((option) => mentions(text, String(option)));
  switch (typeOf(schema)) {
    case 'integer':
      return numbersIn(text).filter(Number.isInteger);
    case 'number':
      return numbersIn(text);
    case 'boolean':
      return mentions(text, name.replaceAll(/[_-]/g, ' '))
        ? [!new RegExp(`\\b(?:no|not|without|don['’]t)\\b`, 'i').test(text)]
        : [];
    case 'array': {
      const items = valuesFor(name, asSchema(schema['items']), text);
      return items.length > 0 ? [items] : [];
    }
    case 'object': {
      const filled = fillObject(schema, text);
      return filled === null ? [] : [filled];
    }
    default:
      return stringsFor(name, schema, text);
  }
}

/** An object of a schema, filled from a text; null where a required field finds nothing there. */
export function fillObject(schema: Schema, text: string): Record<string, unknown> | null {
  const { filled, missing } = fillFields(schema, text);
  return missing.length > 0 ? null : filled;
}

/** The fields of an object that a text fills, and the required ones it leaves open. Numbers are taken in turn. */
export function fillFields(schema: Schema, text: string): { filled: Record<string, unknown>; missing: string[] } {
  const filled: Record<string, unknown> = {};
  const missing: string[] = [];
  const required = requiredOf(schema);
  let numbers = 0;
  for (const [name, member] of Object.entries(propertiesOf(schema))) {
    const isNumber = /^(?:integer|number)$/.test(typeOf(member)) && !Array.isArray(member['enum']);
    const found = valuesFor(name, member, text)[isNumber ? numbers++ : 0] ?? member['default'];
    const options = Array.isArray(member['enum']) ? (member['enum'] as unknown[]) : [];
    // A closed choice nobody spoke of is no reason to ask back.
    const value = found ?? (required.includes(name) ? options[0] : undefined);
    if (value !== undefined) filled[name] = value;
    else if (required.includes(name)) missing.push(name);
  }
  return { filled, missing };
}

/** An instance of any schema: taken from the text where it offers something, made up plainly where not. */
export function instanceOf(schema: Schema, material: Material, name = '', root: Schema = schema, depth = 0): unknown {
  const resolved = resolve(schema, root);
  if ('const' in resolved) return resolved['const'];
  if (depth > 12) return null;
  if (Array.isArray(resolved['enum'])) return valuesFor(name, resolved, material.text)[0] ?? resolved['enum'][0];
  switch (typeOf(resolved)) {
    case 'object': {
      const required = requiredOf(resolved);
      const members = Object.entries(propertiesOf(resolved)).filter(([key]) => depth < 3 || required.includes(key));
      return Object.fromEntries(
        members.map(([key, member]) => [key, instanceOf(member, material, key, root, depth + 1)]),
      );
    }
    case 'array': {
      const count = Math.max(Number(resolved['minItems'] ?? 0), depth < 3 ? 1 : 0);
      const item = asSchema(resolved['items']);
      return Array.from({ length: Math.min(count, 100) }, () => instanceOf(item, material, name, root, depth + 1));
    }
    case 'integer':
    case 'number':
      return boundedNumber(resolved, Number(valuesFor(name, resolved, material.text)[0] ?? 0));
    case 'boolean':
      return valuesFor(name, resolved, material.text)[0] ?? false;
    case 'null':
      return null;
    default:
      return boundedText(resolved, instanceText(name, resolved, material));
  }
}

/** The properties of an object schema. */
export function propertiesOf(schema: Schema): Record<string, Schema> {
  const properties = schema['properties'];
  return typeof properties === 'object' && properties !== null ? (properties as Record<string, Schema>) : {};
}

/** The names an object schema requires. */
export function requiredOf(schema: Schema): string[] {
  return Array.isArray(schema['required']) ? (schema['required'] as unknown[]).map(String) : [];
}

function resolve(schema: Schema, root: Schema): Schema {
  const reference = schema['$ref'];
  if (typeof reference === 'string' && reference.startsWith('#')) {
    const path = reference.split('/').slice(1);
    return path.reduce<Schema>((at, step) => asSchema(at[step]), root);
  }
  for (const key of ['anyOf', 'oneOf', 'allOf']) {
    const choices = schema[key];
    if (Array.isArray(choices)) {
      const chosen = choices.find((choice) => asSchema(choice)['type'] !== 'null') as unknown;
      return resolve(asSchema(chosen), root);
    }
  }
  return schema;
}

function typeOf(schema: Schema): string {
  const type = schema['type'];
  if (Array.isArray(type)) return String(type.find((one) => one !== 'null') ?? 'null');
  if (typeof type === 'string') return type;
  return 'properties' in schema ? 'object' : 'string';
}

function asSchema(value: unknown): Schema {
  return typeof value === 'object' && value !== null ? (value as Schema) : {};
}

function stringsFor(name: string, schema: Schema, text: string): string[] {
  const format = `${name} ${String(schema['format'] ?? '')}`;
  const quoted = [...text.matchAll(/["“]([^"”]+)["”]/g)].flatMap((match) => match[1] ?? []);
  if (/e-?mail/i.test(format)) return text.match(/[\w.+-]+@[\w-]+\.[\w.-]*\w/g) ?? [];
  if (/\burl|\buri|link|website/i.test(format)) return text.match(/https?:\/\/[^\s"'<>]+/g) ?? [];
  if (/date|day|when|time/i.test(format)) return timesIn(text);
  if (/expression|formula|equation/i.test(format)) return text.match(/[\d(][\d\s.()+*/^x-]*[\d)]/g) ?? [];
  if (/(?:^|_)(?:id|number|code|sku|isbn)$|Id$/.test(name)) return text.match(/\b(?=[\w-]*\d)[\w-]+\b/g) ?? [];
  if (placeField.test(format)) return placesIn(text);
  if (/currency|symbol|ticker/i.test(format)) return text.match(/\b[A-Z]{2,5}\b/g) ?? [];
  if (quoted.length > 0) return quoted;
  if (wholeTextField.test(format)) return [text.trim()];
  return placesIn(text).length > 0 ? placesIn(text) : properNames(text);
}

function timesIn(text: string): string[] {
  return (
    text.match(
      /\d{4}-\d{2}-\d{2}(?:T[\d:.]+Z?)?|\b\d{1,2}:\d{2}(?:\s?[ap]m)?\b|\b(?:today|tonight|tomorrow|yesterday|(?:next |on )?(?:mon|tues|wednes|thurs|fri|satur|sun)day|next week)\b/gi,
    ) ?? []
  );
}

const placeWords =
  /\b(?:in|at|for|near|to|from|of)\s+((?:\p{Lu}[\p{L}.'’-]*)(?:(?:,? (?:and|or) |, ?| )\p{Lu}[\p{L}.'’-]*)*)/gu;

/** Places after a preposition, several where they are listed. `San Francisco, CA` stays one. */
function placesIn(text: string): string[] {
  const found = [...text.matchAll(placeWords)].flatMap((match) => {
    const list = (match[1] ?? '').split(/,? (?:and|or) |, ?(?!(?:[A-Z]{2}|UK|USA)\b)/);
    return list.map((place) => place.replace(/[.'’-]+$/, '').trim());
  });
  const named = [...new Set(found.filter((place) => place !== '' && !/^(?:I|Celsius|Fahrenheit|Please)$/.test(place)))];
  return named.length > 0 ? named : carelessPlaces(text);
}

/** Places written small: what follows the preposition, up to the next word that is no part of a name. */
function carelessPlaces(text: string): string[] {
  const pattern =
    /\b(?:in|at|near)\s+(?!(?:the|my|your|our|a|an|this|that|me|it|celsius|fahrenheit|general|case|order|fact)\b)([a-z][a-z' -]*?)(?=\s+(?:today|tonight|tomorrow|now|and|or|please|right|this|in|at|on|for)\b|[?.!,]|\s*$)/gi;
  return [...text.matchAll(pattern)].flatMap((match) => match[1] ?? []);
}

function properNames(text: string): string[] {
  const names = text.match(/(?<=[^.!?]\s)\p{Lu}[\p{L}'’-]+(?: \p{Lu}[\p{L}'’-]+)*/gu) ?? [];
  return names.filter((name) => !/^(?:I|I['’]\w+)$/.test(name));
}

function numbersIn(text: string): number[] {
  return (text.match(/-?\d+(?:,\d{3})*(?:\.\d+)?/g) ?? []).map((found) => Number(found.replaceAll(',', '')));
}

function mentions(text: string, wanted: string): boolean {
  const words = wordsOf(text).join(' ');
  const phrase = wordsOf(wanted).join(' ');
  return phrase !== '' && ` ${words} `.includes(` ${phrase} `);
}

function instanceText(name: string, schema: Schema, material: Material): string {
  if (answerField.test(name) || name === '') return material.answer;
  const found = valuesFor(name, schema, material.text)[0];
  if (typeof found === 'string') return found;
  switch (schema['format']) {
    case 'date':
      return '2000-01-01';
    case 'date-time':
      return '2000-01-01T00:00:00Z';
    case 'email':
      return 'nobody@example.com';
    case 'uri':
      return 'https://example.com/';
    case 'uuid':
      return '00000000-0000-4000-8000-000000000000';
    default:
      return material.answer;
  }
}

function boundedText(schema: Schema, text: string): string {
  const least = Number(schema['minLength'] ?? 0);
  const most = Number(schema['maxLength'] ?? Number.POSITIVE_INFINITY);
  const cut = [...text].slice(0, most).join('');
  return cut.padEnd(least, '.');
}

function boundedNumber(schema: Schema, value: number): number {
  const least = Number(schema['minimum'] ?? Number.NEGATIVE_INFINITY);
  const above = Number(schema['exclusiveMinimum'] ?? Number.NEGATIVE_INFINITY);
  const most = Number(schema['maximum'] ?? Number.POSITIVE_INFINITY);
  const raised = Math.max(value, least, Number.isFinite(above) ? Math.floor(above) + 1 : least);
  const bounded = Math.min(raised, most);
  return typeOf(schema) === 'integer' ? Math.trunc(bounded) : bounded;
}
