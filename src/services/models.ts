import type { Agent } from '../domain/agent.js';
import { AppError, notFound } from '../domain/errors.js';
import { readId } from '../domain/ids.js';
import type { Principal } from '../domain/user.js';
import type { ModelInfo, Provider, ProviderRegistry, ResolvedModel } from '../providers/provider.js';
import type { Store } from '../store/store.js';
import { allPages } from './all-pages.js';

/** Something that can be named where a model is asked for. */
export type Offer =
  | { kind: 'model'; name: string; ownedBy: string; createdAt: number | null }
  /** An agent, called by its id or its name. */
  | { kind: 'agent'; agent: Agent };

/** The verbs of models: what the providers offer, the aliases, and the caller's agents. */
export interface ModelService {
  /** All of them, agents last. A provider that cannot be reached offers what it last did, or nothing. */
  list(principal: Principal, signal: AbortSignal): Promise<Offer[]>;
  /** One of them, in any spelling that a request may use. Throws `not_found`. */
  get(principal: Principal, name: string, signal: AbortSignal): Promise<Offer>;
  /** Never deletes: nothing that is offered belongs to the caller as a model. Throws `not_found` or `forbidden`. */
  refuseDeletion(principal: Principal, name: string, signal: AbortSignal): Promise<never>;
  /**
   * The agent that a name means: its id in any spelling, or its name where no model and no alias is called the same.
   * Null where it means none.
   */
  findAgent(principal: Principal, name: string, signal: AbortSignal): Promise<Agent | null>;
}

/** What the service is made from. */
export interface ModelServiceParts {
  store: Pick<Store, 'agents'>;
  providers: ProviderRegistry;
}

/** Makes the verbs of models. */
export function createModelService({ store, providers }: ModelServiceParts): ModelService {
  const findAgent: ModelService['findAgent'] = async (principal, name, signal) => {
    const { userId } = principal;
    const byId = await store.agents.get(userId, readId('agent', name) ?? name);
    if (byId !== null) return byId;
    const named =
      (await store.agents.findByName(userId, name, 'native')) ??
      (await store.agents.findByName(userId, name, 'openai'));
    // An agent that happens to be called like a model must not answer in its place.
    const isTaken = named !== null && (await findModel(providers, name, signal, isOwnName)) !== null;
    return isTaken ? null : named;
  };

  const get: ModelService['get'] = async (principal, name, signal) => {
    const agent = await findAgent(principal, name, signal);
    if (agent !== null) return { kind: 'agent', agent };
    const model = await findModel(providers, name, signal);
    if (model === null) throw notFound('model', name);
    return model;
  };

  return {
    findAgent,
    get,
    list: async (principal, signal) => {
      const agents = await allPages('desc', (request) => store.agents.page(principal.userId, request));
      const models = await Promise.all(providers.providers().map((provider) => offersOf(providers, provider, signal)));
      const known = [...aliasesOf(providers), ...models.flat()];
      const first = new Map(known.toReversed().map((offer) => [offer.name, offer]));
      return [...[...first.values()].reverse(), ...agents.map((agent): Offer => ({ kind: 'agent', agent }))];
    },
    refuseDeletion: async (principal, name, signal) => {
      const offer = await get(principal, name, signal);
      const reason =
        offer.kind === 'agent'
          ? `'${name}' is an agent, and agents are deleted as assistants.`
          : `The model '${name}' belongs to its provider and cannot be deleted here.`;
      throw new AppError('forbidden', reason, { param: 'model' });
    },
  };
}

type ModelOffer = Extract<Offer, { kind: 'model' }>;

async function offersOf(registry: ProviderRegistry, provider: Provider, signal: AbortSignal): Promise<ModelOffer[]> {
  const models = await provider.models(signal);
  return models.map((info) => toOffer(callName(registry, provider, info), provider, info));
}

/** A model by a name that leads to one which its provider lists, or by an alias. */
async function findModel(
  registry: ProviderRegistry,
  name: string,
  signal: AbortSignal,
  counts: (found: ResolvedModel, name: string) => boolean = () => true,
): Promise<ModelOffer | null> {
  const alias = aliasesOf(registry).find((offer) => offer.name === name);
  if (alias !== undefined) return alias;
  const found = resolved(registry, name);
  if (found === null || !counts(found, name)) return null;
  const info = (await found.provider.models(signal)).find((model) => model.id === found.model);
  return info === undefined ? null : toOffer(name, found.provider, info);
}

/** False for a name that leads to a model only because every name does. */
function isOwnName({ provider, model }: ResolvedModel, name: string): boolean {
  return name === model || name === `${provider.name}/${model}`;
}

/**
 * The name that leads to a model: its own where that does, else with its provider before it. Where there is one
 * provider alone, the longer name tells more.
 */
function callName(registry: ProviderRegistry, provider: Provider, { id }: ModelInfo): string {
  const full = `${provider.name}/${id}`;
  const leads = (name: string): boolean => {
    const found = resolved(registry, name);
    return found?.provider === provider && found.model === id;
  };
  const [first, second] = registry.providers().length === 1 ? [full, id] : [id, full];
  return leads(first) ? first : second;
}

function aliasesOf(registry: ProviderRegistry): ModelOffer[] {
  return Object.keys(registry.aliases()).flatMap((name): ModelOffer[] => {
    const found = name === '*' ? null : resolved(registry, name);
    return found === null ? [] : [{ kind: 'model', name, ownedBy: found.provider.name, createdAt: null }];
  });
}

function resolved(registry: ProviderRegistry, name: string) {
  try {
    return registry.resolve(name);
  } catch (error) {
    if (error instanceof AppError && error.code === 'model_refused') return null;
    throw error;
  }
}

function toOffer(name: string, provider: Provider, { ownedBy, createdAt }: ModelInfo): ModelOffer {
  return { kind: 'model', name, ownedBy: ownedBy ?? provider.name, createdAt };
}
