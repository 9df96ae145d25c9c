import { z } from 'zod';
import { limits } from '../../domain/limits.js';
import { charsOf } from '../../domain/memory.js';
import type { ToolResult } from '../../domain/tool.js';
import { memoryKinds, type MemoryKind } from '../search-memory.js';
import { clipText } from './result.js';
import { readTime, timeForms, type Moment } from './time-range.js';
import type { ToolArguments } from './tool.js';

/*
 * Models write "2" for 2, "none" for nothing and old names for new ones. Whatever is plain in its meaning is read;
 * the rest becomes a failed result that names the field.
 */

const notWhole = 'it must be a whole number';

/** Text as it can be stored: without null characters and halves of characters. Numbers and booleans become text. */
export const text = z.preprocess(
  (value) => (typeof value === 'number' || typeof value === 'boolean' ? String(value) : value),
  z.string({ error: (issue) => (issue.input === undefined ? 'it is missing' : 'it must be a text') }).transform(clean),
);

/** Text that is not blank. */
export const filledText = text.refine((value) => value.trim() !== '', { error: 'it is empty' });

/** A text, or null where there is none or only blanks. */
export const optionalText = optional(null, text);

/** What to search for, cut to what is looked at; null where there is nothing to look for. */
export const query = z
  .preprocess((value) => value ?? '', text)
  .transform((value) => (value.trim() === '' ? null : clipText(value.trim(), limits.searchQueryCharsMax)));

/** A whole number of at least `least`; `absent` where none is given. */
export function wholeNumber<A extends number | null>(least: number, absent: A) {
  return optional(
    absent,
    z
      .union([z.number(), z.string().trim().min(1)], { error: notWhole })
      .transform(Number)
      .pipe(z.int({ error: notWhole }).min(least, { error: `it must be at least ${least}` })),
  );
}

/** The page of a list, counted from 0. */
export const page = wholeNumber(0, 0);

/** Hits on a page, between 1 and the most that are considered. */
export const hitLimit = wholeNumber(1, limits.searchPage).transform((count) => Math.min(count, limits.searchDepth));

/** A time as milliseconds, or null where none is given. */
export function time(edge: 'from' | 'to', moment: Moment) {
  return optionalText.transform((value, context) => {
    const at = value === null ? null : readTime(value, edge, moment);
    if (value !== null && at === null) {
      context.addIssue({ code: 'custom', message: `"${clipText(value, 40)}" is not a time; write ${timeForms}` });
      return z.NEVER;
    }
    return at;
  });
}

/** A time as milliseconds that must be given. */
export function requiredTime(edge: 'from' | 'to', moment: Moment) {
  return time(edge, moment).transform((at, context) => {
    if (at === null) {
      context.addIssue({ code: 'custom', message: `it is missing; write ${timeForms}` });
      return z.NEVER;
    }
    return at;
  });
}

/** Tags, trimmed, each once, in order of the alphabet; empty where there are none. A single text is one tag. */
export const tags = listOf(
  text
    .transform((tag) => tag.trim())
    .refine((tag) => charsOf(tag) <= limits.tagCharsMax, {
      error: `a tag has at most ${limits.tagCharsMax} characters`,
    }),
)
  .transform((list) => [...new Set(list)].filter((tag) => tag !== '').sort())
  .refine((list) => list.length <= limits.tagsPerPassage, { error: `there are at most ${limits.tagsPerPassage} tags` });

/** Speakers whose messages are searched; those of users and assistants where none is given. */
export const roles = listOf(
  z.enum(['user', 'assistant', 'tool'], { error: 'it must be of "user", "assistant", "tool"' }),
)
  .transform((list) => [...new Set(list)])
  .transform((list) => (list.length === 0 ? (['user', 'assistant'] as const) : list));

/** Whether one of the tags is enough. */
export const tagMatch = optional<'any' | 'all', 'any'>(
  'any',
  z.enum(['any', 'all'], { error: 'it must be "any" or "all"' }),
);

/** The words for where a search looks, of several generations of agents, and the kinds they stand for. */
const kindsByScope: Record<string, readonly MemoryKind[]> = {
  all: memoryKinds,
  recall: ['recall'],
  conversations: ['recall'],
  conversation: ['recall'],
  archive: ['archival', 'file'],
  archival: ['archival', 'file'],
  files: ['file'],
};

const scopeWords = 'it must be "recall", "archive", "files" or "all"';

/** Where a search looks. The archive takes in the files, as it does in `archival_memory_search`. */
export const scope = z
  .preprocess((value) => (isNothing(value) ? 'all' : value), z.string({ error: scopeWords }))
  .transform((word, context) => {
    const kinds = kindsByScope[word];
    if (kinds !== undefined) return kinds;
    context.addIssue({ code: 'custom', message: scopeWords });
    return z.NEVER;
  });

/** Checked arguments, or the failed result that says what is wrong with them. */
export type CheckedArguments<T> = { ok: true; value: T } | { ok: false; result: ToolResult };

/** Checks the arguments of a call against a tool's schema. What the schema does not name is passed over. */
export function checkArguments<T>(name: string, schema: z.ZodType<T>, input: ToolArguments): CheckedArguments<T> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return { ok: true, value: parsed.data };
  const faults = parsed.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `argument "${path.map(String).join('.')}": ${message}`,
  );
  return { ok: false, result: { output: `${name} was not carried out: ${faults.join('; ')}.`, failed: true } };
}

/** A schema that also takes arguments under other names: `{ label: 'name' }` reads `label` where `name` is absent. */
export function withOtherNames<T>(otherNames: Record<string, string>, schema: z.ZodType<T>): z.ZodType<T> {
  return z.preprocess((input) => {
    if (typeof input !== 'object' || input === null) return input;
    const given: Record<string, unknown> = { ...input };
    for (const [other, name] of Object.entries(otherNames)) given[name] ??= given[other];
    return given;
  }, schema);
}

/** A check that the beginning of a range is not after its end. */
export function rangeInOrder<F extends string, T extends string>(from: F, to: T) {
  return (value: Record<F | T, number | null>, context: z.core.$RefinementCtx): void => {
    const [first, last] = [value[from], value[to]];
    if (first !== null && last !== null && first > last) {
      context.addIssue({ code: 'custom', path: [from], message: `it is after "${to}"` });
    }
  };
}

/** A schema that gives `absent` where the model wrote nothing, or a word for nothing. */
function optional<T, A>(absent: A, schema: z.ZodType<T>) {
  // An absent key must become a value before zod looks for it.
  return z.preprocess(
    (value) => value ?? null,
    z.unknown().transform((value, context): T | A => {
      if (isNothing(value)) return absent;
      const parsed = schema.safeParse(value);
      if (parsed.success) return parsed.data;
      for (const { path, message } of parsed.error.issues) {
        context.addIssue({ code: 'custom', message, path: [...path] });
      }
      return z.NEVER;
    }),
  );
}

function isNothing(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  return typeof value === 'string' && ['', 'none', 'null'].includes(value.trim().toLowerCase());
}

function listOf<T>(item: z.ZodType<T>) {
  return z.preprocess(
    (value) => (isNothing(value) ? [] : typeof value === 'string' ? [value] : value),
    z.array(item, { error: 'it must be a list of texts' }),
  );
}

function clean(value: string): string {
  return value.replaceAll('\0', '').replace(/\p{Surrogate}/gu, '\uFFFD');
}
