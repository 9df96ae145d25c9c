import type { Clock } from '../domain/clock.js';
import { derivedId } from '../domain/derived-id.js';
import { AppError, notFound } from '../domain/errors.js';
import { newId } from '../domain/ids.js';
import type { StoredPreset } from '../domain/preset.js';
import type { ToolDefinition } from '../domain/tool.js';
import type { Principal } from '../domain/user.js';
import { defaultPreset, findPreset, presets, type Preset } from '../engine/prompts/presets.js';
import { findHuman, findPersona } from '../engine/prompts/profiles.js';
import type { ToolRegistry } from '../engine/tools/registry.js';
import type { Repositories, Store } from '../store/store.js';
import { allPages } from './all-pages.js';
import { findTemplate } from './templates.js';

/** A preset as it is offered: the caller's own, or one that ships with the server and is nobody's. */
export type OfferedPreset = Omit<StoredPreset, 'ownerId'> & { ownerId: string | null };

/** A new preset. */
export interface NewPreset {
  name: string;
  description?: string | null;
  /** The shipped one's where it is null. */
  system?: string | null;
  systemName?: string | null;
  /** The text of the template of `personaName` where it is null, else the shipped preset's. */
  persona?: string | null;
  personaName?: string | null;
  human?: string | null;
  humanName?: string | null;
  functions: ToolDefinition[];
}

/** The verbs of presets. The caller's own hides a shipped one of its name. */
export interface PresetService {
  /** The shipped ones first, then the caller's own, the oldest first. */
  list(principal: Principal): Promise<OfferedPreset[]>;
  findByName(principal: Principal, name: string): Promise<OfferedPreset>;
  /** Throws `invalid_request` where the name is taken, or names a shipped one. */
  create(principal: Principal, preset: NewPreset): Promise<OfferedPreset>;
  /** Throws `forbidden` for a shipped one. */
  delete(principal: Principal, id: string): Promise<void>;
}

/** What the verbs are made from. */
export interface PresetServiceParts {
  store: Store;
  clock: Clock;
  tools: ToolRegistry;
}

/** Makes the verbs of presets. */
export function createPresetService({ store, clock, tools }: PresetServiceParts): PresetService {
  const shipped = presets.map((preset) => fromShipped(preset, tools.definitions(preset.tools)));
  return {
    list: async (principal) => {
      const own = await allPages('asc', (request) => store.presets.page(principal.userId, request));
      return [...shipped, ...own];
    },
    findByName: async (principal, name) => {
      const own = await store.presets.findByName(principal.userId, name);
      const found = own ?? shipped.find((preset) => preset.name === name);
      if (found === undefined) throw notFound('preset', name);
      return found;
    },
    create: async (principal, request) => {
      const preset = await newPreset(store, principal.userId, request, clock.now());
      const isTaken = findPreset(preset.name) !== null || !(await store.presets.insert(preset));
      if (!isTaken) return preset;
      throw new AppError('invalid_request', `Preset with name ${preset.name} already exists.`, { param: 'name' });
    },
    delete: async (principal, id) => {
      if (await store.presets.delete(principal.userId, id)) return;
      if (!shipped.some((preset) => preset.id === id)) throw notFound('preset', id);
      throw new AppError('forbidden', 'This preset ships with the server and cannot be deleted.');
    },
  };
}

async function newPreset(
  reader: Repositories,
  ownerId: string,
  request: NewPreset,
  now: number,
): Promise<StoredPreset> {
  if (request.name.trim() === '') throw new AppError('invalid_request', 'A preset needs a name.', { param: 'name' });
  const text = async (label: 'human' | 'persona', given?: string | null, name?: string | null): Promise<string> => {
    if (given !== null && given !== undefined) return given;
    const wanted = name ?? defaultPreset[label];
    const template = await findTemplate(reader, ownerId, label, wanted);
    if (template !== null) return template.value;
    throw new AppError('invalid_request', `There is no ${label} named '${wanted}'.`, { param: `${label}_name` });
  };
  return {
    id: newId(),
    ownerId,
    name: request.name,
    description: request.description ?? null,
    system: request.system ?? systemNamed(request.systemName ?? null),
    systemName: request.systemName ?? null,
    persona: await text('persona', request.persona, request.personaName),
    personaName: request.personaName ?? null,
    human: await text('human', request.human, request.humanName),
    humanName: request.humanName ?? null,
    functions: request.functions,
    createdAt: now,
  };
}

function systemNamed(name: string | null): string {
  return (presets.find((preset) => preset.systemName === name) ?? defaultPreset).system;
}

function fromShipped(preset: Preset, functions: ToolDefinition[]): OfferedPreset {
  return {
    id: derivedId('preset', preset.name),
    ownerId: null,
    name: preset.name,
    description: preset.description,
    system: preset.system,
    systemName: preset.systemName,
    persona: findPersona(preset.persona)?.text ?? '',
    personaName: preset.persona,
    human: findHuman(preset.human)?.text ?? '',
    humanName: preset.human,
    functions,
    createdAt: 0,
  };
}
