import type { Clock } from '../domain/clock.js';
import { derivedId } from '../domain/derived-id.js';
import { AppError, notFound } from '../domain/errors.js';
import { newId } from '../domain/ids.js';
import { charsOf } from '../domain/memory.js';
import type { StoredTool } from '../domain/stored-tool.js';
import type { JsonSchema, ToolDefinition } from '../domain/tool.js';
import type { Principal } from '../domain/user.js';
import type { ToolRegistry } from '../engine/tools/registry.js';
import type { Repositories, Store } from '../store/store.js';
import { allPages } from './all-pages.js';
import { requireAdmin } from './organisations.js';
import { readPythonFunction } from './python-source.js';

/** A tool as it is shown: built in, of the whole house, or the caller's own. */
export interface ShownTool extends Omit<StoredTool, 'createdAt' | 'updatedAt'> {
  /** True for a tool that runs here. */
  builtin: boolean;
}

/** A tool as somebody brings it. */
export interface NewTool {
  /** Read from the schema or the source where it is null. */
  name?: string | null;
  description?: string | null;
  sourceCode: string;
  sourceType?: string | null;
  jsonSchema?: JsonSchema | null;
  tags?: string[] | null;
  module?: string | null;
}

/** Whose tools are meant: the caller's own, or those of the whole house, which are an administrator's. */
export type ToolShelf = 'own' | 'house';

/**
 * The verbs of tools. Python source is kept and shown, and never run. Who brings the source of a tool that is built in
 * gets the built-in one.
 */
export interface StoredToolService {
  /** Built-in tools, then those of the house, then (for `own`) the caller's. */
  list(principal: Principal, shelf: ToolShelf): Promise<ShownTool[]>;
  get(principal: Principal, id: string): Promise<ShownTool>;
  findByName(principal: Principal, shelf: ToolShelf, name: string): Promise<ShownTool>;
  /**
   * Keeps a tool. Where the name is taken it is written anew, or `conflict` where `replace` is false. Throws
   * `invalid_request` where no name can be found.
   */
  keep(principal: Principal, shelf: ToolShelf, tool: NewTool, replace: boolean): Promise<ShownTool>;
  /** Changes what is given. Throws `forbidden` for what is not the caller's to change. */
  update(principal: Principal, id: string, changes: Partial<NewTool>): Promise<ShownTool>;
  delete(principal: Principal, id: string): Promise<void>;
  /** Deletes by name; nothing happens where there is none. */
  deleteByName(principal: Principal, shelf: ToolShelf, name: string): Promise<void>;
}

/** What the verbs are made from. */
export interface StoredToolParts {
  store: Store;
  clock: Clock;
  tools: ToolRegistry;
}

const nameForm = /^[A-Za-z_][\w-]*$/u;
const nameCharsMax = 64;
const sourceCharsMax = 256_000;

/** Makes the verbs of tools. */
export function createStoredToolService({ store, clock, tools }: StoredToolParts): StoredToolService {
  const builtins = tools.all().map(({ definition }) => fromBuiltin(definition));
  const builtinNamed = (name: string): ShownTool | undefined => builtins.find((tool) => tool.name === name);
  const ownerOf = (principal: Principal, shelf: ToolShelf): string | null => {
    if (shelf === 'own') return principal.userId;
    requireAdmin(principal);
    return null;
  };
  const own = async (principal: Principal, id: string): Promise<StoredTool> => {
    const tool = await store.tools.get(principal.userId, id);
    if (tool !== null) return tool;
    const isBuiltin = builtins.some((builtin) => builtin.id === id);
    const ofTheHouse = isBuiltin ? null : await store.tools.get(null, id);
    if (ofTheHouse !== null && principal.role === 'admin') return ofTheHouse;
    if (!isBuiltin && ofTheHouse === null) throw notFound('tool', id);
    throw new AppError('forbidden', 'This tool is shared by everybody and cannot be changed.');
  };
  const find = async (owner: string | null, name: string): Promise<ShownTool | null> => {
    const builtin = builtinNamed(name);
    if (builtin !== undefined) return builtin;
    const stored = await findStoredTool(store, owner, name);
    return stored === null ? null : toShown(stored);
  };

  return {
    list: async (principal, shelf) => {
      const ofTheHouse = await allPages('asc', (request) => store.tools.page(null, request));
      const owner = ownerOf(principal, shelf);
      const mine = owner === null ? [] : await allPages('asc', (request) => store.tools.page(owner, request));
      const hidden = new Set(mine.map((tool) => tool.name));
      return [...builtins, ...[...ofTheHouse.filter((tool) => !hidden.has(tool.name)), ...mine].map(toShown)];
    },
    get: async (principal, id) => {
      const builtin = builtins.find((tool) => tool.id === id);
      if (builtin !== undefined) return builtin;
      const stored = (await store.tools.get(principal.userId, id)) ?? (await store.tools.get(null, id));
      if (stored === null) throw notFound('tool', id);
      return toShown(stored);
    },
    findByName: async (principal, shelf, name) => {
      const found = await find(ownerOf(principal, shelf), name);
      if (found === null) throw notFound('tool', name);
      return found;
    },
    keep: async (principal, shelf, request, replace) => {
      const owner = ownerOf(principal, shelf);
      const tool = newTool(owner, request, clock.now());
      const builtin = builtinNamed(tool.name);
      return builtin ?? toShown(await keepTool(store, tool, replace));
    },
    update: async (principal, id, changes) => {
      const before = await own(principal, id);
      const given = Object.fromEntries(
        Object.entries(changes).filter(([, value]) => value !== null && value !== undefined),
      );
      const next = { ...before, ...given, updatedAt: clock.now() };
      checkTool(next);
      const isTaken = builtinNamed(next.name) !== undefined || !(await store.tools.update(next));
      if (isTaken) throw new AppError('conflict', `There is already a tool named '${next.name}'.`, { param: 'name' });
      return toShown(next);
    },
    delete: async (principal, id) => {
      const tool = await own(principal, id);
      await store.tools.delete(tool.ownerId, tool.id);
    },
    deleteByName: async (principal, shelf, name) => {
      const tool = await store.tools.findByName(ownerOf(principal, shelf), name);
      if (tool !== null) await store.tools.delete(tool.ownerId, tool.id);
    },
  };
}

/** The tool of this name that a user may give to an agent: the user's own before that of the house. */
export async function findStoredTool(
  reader: Repositories,
  ownerId: string | null,
  name: string,
): Promise<StoredTool | null> {
  const own = ownerId === null ? null : await reader.tools.findByName(ownerId, name);
  return own ?? reader.tools.findByName(null, name);
}

/** What a model is told of a tool that is kept. */
export function definitionOf({ name, description, jsonSchema }: StoredTool): ToolDefinition {
  const { description: described, parameters } = jsonSchema;
  return {
    name,
    description: typeof described === 'string' && described !== '' ? described : (description ?? ''),
    parameters: isRecord(parameters) ? parameters : { type: 'object', properties: {} },
  };
}

async function keepTool(store: Store, tool: StoredTool, replace: boolean): Promise<StoredTool> {
  return store.transaction(async (tx) => {
    if (await tx.tools.insert(tool)) return tool;
    const known = await tx.tools.findByName(tool.ownerId, tool.name);
    if (known === null || !replace) {
      const message = `Failed to create tool: a tool named '${tool.name}' exists, exists_ok=False`;
      throw new AppError('conflict', message, { param: 'name' });
    }
    const next = { ...tool, id: known.id, createdAt: known.createdAt };
    await tx.tools.update(next);
    return next;
  });
}

function newTool(ownerId: string | null, request: NewTool, now: number): StoredTool {
  const read = readPythonFunction(request.sourceCode);
  const given = request.jsonSchema ?? null;
  const named = given === null ? undefined : given['name'];
  const name = request.name ?? (typeof named === 'string' ? named : read?.name);
  if (name === undefined) {
    const message = 'Failed to create tool: the source has no function at its top level, and no name was given.';
    throw new AppError('invalid_request', message, { param: 'name' });
  }
  const description = request.description ?? read?.description ?? null;
  const parameters = read?.parameters ?? { type: 'object', properties: {}, required: [] };
  const tool: StoredTool = {
    id: newId(),
    ownerId,
    name,
    description: description === '' ? null : description,
    sourceCode: request.sourceCode,
    sourceType: request.sourceType ?? 'python',
    jsonSchema: { description: description ?? '', parameters, ...given, name },
    tags: request.tags ?? [],
    module: request.module ?? null,
    createdAt: now,
    updatedAt: now,
  };
  checkTool(tool);
  return tool;
}

function checkTool({ name, sourceCode }: StoredTool): void {
  if (!nameForm.test(name) || charsOf(name) > nameCharsMax) {
    const message = `A tool's name is made of letters, digits, "_" and "-", ${nameCharsMax} at most.`;
    throw new AppError('invalid_request', message, { param: 'name' });
  }
  if (charsOf(sourceCode) <= sourceCharsMax) return;
  const message = `The source of a tool may have ${sourceCharsMax} characters.`;
  throw new AppError('too_large', message, { param: 'source_code' });
}

function toShown({ createdAt: _createdAt, updatedAt: _updatedAt, ...tool }: StoredTool): ShownTool {
  return { ...tool, builtin: false };
}

function fromBuiltin(definition: ToolDefinition): ShownTool {
  const { name, description, parameters } = definition;
  return {
    id: derivedId('tool', name),
    ownerId: null,
    name,
    description,
    sourceCode: '',
    sourceType: null,
    jsonSchema: { name, description, parameters },
    tags: [],
    module: null,
    builtin: true,
  };
}

function isRecord(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
