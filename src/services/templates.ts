import type { Clock } from '../domain/clock.js';
import { derivedId } from '../domain/derived-id.js';
import { AppError, notFound } from '../domain/errors.js';
import { newId } from '../domain/ids.js';
import { limits } from '../domain/limits.js';
import { charsOf } from '../domain/memory.js';
import { checkNewBlock } from '../domain/memory-edit.js';
import { describeFault } from '../domain/memory-fault.js';
import type { Template } from '../domain/template.js';
import type { Principal } from '../domain/user.js';
import { humans, personas, type Profile } from '../engine/prompts/profiles.js';
import type { Repositories, Store } from '../store/store.js';
import { allPages } from './all-pages.js';

/** A template as it is offered: one of the caller's own, or one that ships with the server and is nobody's. */
export type OfferedTemplate = Omit<Template, 'ownerId'> & { ownerId: string | null };

/** A new template. */
export interface NewTemplate {
  label: string;
  name: string | null;
  value: string;
  /** The usual limit of its label where absent. */
  charsMax?: number | null;
  description?: string | null;
  /** True where absent. */
  offered?: boolean;
  metadata?: Record<string, unknown>;
}

/** What may be changed of a template; what is absent stays. */
export type TemplateChanges = Partial<Pick<Template, 'name' | 'value' | 'charsMax' | 'description' | 'metadata'>>;

/** Which templates a list shows. */
export interface TemplateFilter {
  label?: string;
  name?: string;
}

/** The verbs of templates. The caller's own hides a shipped one of its label and name. */
export interface TemplateService {
  /** The shipped ones first, then the caller's own, the oldest first. */
  list(principal: Principal, filter: TemplateFilter): Promise<OfferedTemplate[]>;
  get(principal: Principal, id: string): Promise<OfferedTemplate>;
  findByName(principal: Principal, label: string, name: string): Promise<OfferedTemplate>;
  /** Throws `conflict` where the caller has one of this label and name. */
  create(principal: Principal, template: NewTemplate): Promise<Template>;
  /** Throws `forbidden` for a shipped one. */
  update(principal: Principal, id: string, changes: TemplateChanges): Promise<Template>;
  /** What was deleted. Throws `forbidden` for a shipped one. */
  delete(principal: Principal, id: string): Promise<Template>;
}

const shipped: readonly OfferedTemplate[] = [
  ...humans.map((profile) => fromProfile('human', profile)),
  ...personas.map((profile) => fromProfile('persona', profile)),
];

/** Makes the verbs of templates. */
export function createTemplateService({ store, clock }: { store: Store; clock: Clock }): TemplateService {
  const change = (principal: Principal, id: string, work: (tx: Repositories, own: Template) => Promise<Template>) =>
    store.transaction(async (tx) => {
      const own = await tx.templates.get(principal.userId, id);
      if (own !== null) return work(tx, own);
      if (shipped.some((template) => template.id === id)) {
        throw new AppError('forbidden', 'This text ships with the server and cannot be changed; make one of your own.');
      }
      throw notFound('template', id);
    });

  return {
    list: async (principal, { label, name }) => {
      const own = await allPages('asc', (request) => store.templates.page(principal.userId, { ...request, label }));
      const isHidden = (template: OfferedTemplate): boolean =>
        own.some((other) => other.label === template.label && other.name === template.name);
      const all = [...shipped.filter((template) => !isHidden(template)), ...own];
      return all.filter(
        (template) => (label ?? template.label) === template.label && (name ?? template.name) === template.name,
      );
    },
    get: async (principal, id) => {
      const found = (await store.templates.get(principal.userId, id)) ?? shipped.find((template) => template.id === id);
      if (found === undefined) throw notFound('template', id);
      return found;
    },
    findByName: async (principal, label, name) => {
      const found = await findTemplate(store, principal.userId, label, name);
      if (found === null) throw notFound(label, name);
      return found;
    },
    create: (principal, request) =>
      store.transaction(async (tx) => {
        const template = newTemplate(principal.userId, request, clock.now());
        if (await tx.templates.insert(template)) return template;
        throw nameTaken(template);
      }),
    update: (principal, id, changes) =>
      change(principal, id, async (tx, own) => {
        const next = { ...own, ...changes, updatedAt: clock.now() };
        checkTemplate(next);
        if (!(await tx.templates.update(next))) throw nameTaken(next);
        return next;
      }),
    delete: (principal, id) =>
      change(principal, id, async (tx, own) => {
        await tx.templates.delete(principal.userId, id);
        return own;
      }),
  };
}

/** The template of this label and name that a user is offered, null where there is none. */
export async function findTemplate(
  reader: Repositories,
  ownerId: string,
  label: string,
  name: string,
): Promise<OfferedTemplate | null> {
  const own = await reader.templates.findByName(ownerId, label, name);
  return own ?? shipped.find((template) => template.label === label && template.name === name) ?? null;
}

function newTemplate(ownerId: string, request: NewTemplate, now: number): Template {
  const isUsual = request.label === 'human' || request.label === 'persona';
  const template: Template = {
    id: newId(),
    ownerId,
    label: request.label,
    name: request.name,
    value: request.value,
    charsMax: request.charsMax ?? (isUsual ? limits.blockCharsDefault : limits.blockCharsOther),
    description: request.description ?? null,
    offered: request.offered ?? true,
    metadata: request.metadata ?? {},
    createdAt: now,
    updatedAt: now,
  };
  checkTemplate(template);
  return template;
}

function checkTemplate({ label, name, value, charsMax }: Template): void {
  const fault = checkNewBlock({ label, value, charsMax, readOnly: false }, []);
  if (fault !== null) throw new AppError('invalid_request', describeFault(fault), { param: label });
  if (name !== null && charsOf(name) > limits.agentNameCharsMax) {
    const message = `A name may have ${limits.agentNameCharsMax} characters.`;
    throw new AppError('invalid_request', message, { param: 'name' });
  }
}

function nameTaken({ label, name }: Template): AppError {
  return new AppError('conflict', `There is already a ${label} named '${name ?? ''}'.`, { param: 'name' });
}

function fromProfile(label: string, { name, text }: Profile): OfferedTemplate {
  return {
    id: derivedId('template', label, name),
    ownerId: null,
    label,
    name,
    value: text,
    charsMax: limits.blockCharsDefault,
    description: null,
    offered: true,
    metadata: {},
    createdAt: 0,
    updatedAt: 0,
  };
}
