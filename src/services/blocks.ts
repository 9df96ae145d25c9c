import type { Clock } from '../domain/clock.js';
import { AppError, notFound } from '../domain/errors.js';
import type { Block } from '../domain/memory.js';
import type { Principal } from '../domain/user.js';
import type { Store } from '../store/store.js';
import { rewriteBlock } from './memories.js';
import type { NewTemplate, OfferedTemplate, TemplateFilter, TemplateService } from './templates.js';

/** A labelled text, wherever it stands: a template, or a block in an agent's memory. */
export interface LabelledText {
  id: string;
  label: string;
  /** Null for the blocks of agents. */
  name: string | null;
  value: string;
  charsMax: number;
  description: string | null;
  /** True where it is offered for new agents. */
  offered: boolean;
  metadata: Record<string, unknown>;
  /** Null for what ships with the server. */
  ownerId: string | null;
}

/** Which texts a list shows. */
export interface LabelledTextFilter extends TemplateFilter {
  /** Leaves out what is not offered, the blocks of agents among it. */
  offeredOnly: boolean;
}

/** What may be changed of a labelled text; what is absent stays. */
export interface LabelledTextChanges {
  name?: string;
  value?: string;
  charsMax?: number;
}

/** The verbs of labelled texts. A change of an agent's block is an edit of that agent's memory. */
export interface BlockService {
  /** Templates first, then the blocks of agents, the newest of these first, a thousand at most. */
  list(principal: Principal, filter: LabelledTextFilter): Promise<LabelledText[]>;
  get(principal: Principal, id: string): Promise<LabelledText>;
  create(principal: Principal, template: NewTemplate): Promise<LabelledText>;
  /** Throws `forbidden` for what ships with the server, `invalid_request` for a value over the limit. */
  update(principal: Principal, id: string, changes: LabelledTextChanges): Promise<LabelledText>;
  /** What was deleted. Throws `forbidden` for what ships with the server. */
  delete(principal: Principal, id: string): Promise<LabelledText>;
}

/** What the verbs are made from. */
export interface BlockServiceParts {
  store: Store;
  clock: Clock;
  templates: TemplateService;
}

const agentBlocksMax = 1_000;

/** Makes the verbs of labelled texts. */
export function createBlockService({ store, clock, templates }: BlockServiceParts): BlockService {
  return {
    list: async (principal, { offeredOnly, ...filter }) => {
      const known = (await templates.list(principal, filter)).map(fromTemplate);
      if (offeredOnly) return known.filter((text) => text.offered);
      if (filter.name !== undefined) return known;
      const request = { label: filter.label ?? null, limit: agentBlocksMax };
      const blocks = await store.memories.ownedBlocks(principal.userId, request);
      return [...known, ...blocks.map((block) => fromBlock(block, principal.userId))];
    },
    get: async (principal, id) => {
      const block = await store.memories.ownedBlock(principal.userId, id);
      return block === null ? fromTemplate(await templates.get(principal, id)) : fromBlock(block, principal.userId);
    },
    create: async (principal, template) => fromTemplate(await templates.create(principal, template)),
    update: async (principal, id, changes) => {
      const isBlock = (await store.memories.ownedBlock(principal.userId, id)) !== null;
      if (!isBlock) return fromTemplate(await templates.update(principal, id, changes));
      return fromBlock(await changeBlock(store, clock, principal, id, changes), principal.userId);
    },
    delete: async (principal, id) => {
      const block = await store.memories.ownedBlock(principal.userId, id);
      if (block === null) return fromTemplate(await templates.delete(principal, id));
      await store.memories.deleteBlock(id);
      return fromBlock(block, principal.userId);
    },
  };
}

function changeBlock(
  store: Store,
  clock: Clock,
  principal: Principal,
  id: string,
  { name, value, charsMax }: LabelledTextChanges,
): Promise<Block> {
  return store.transaction(async (tx) => {
    const block = await tx.memories.ownedBlock(principal.userId, id);
    if (block === null) throw notFound('block', id);
    if (name !== undefined && name !== block.label) {
      throw new AppError('invalid_request', 'The block of an agent goes by its label and has no name.', {
        param: 'name',
      });
    }
    const shaped = { ...block, charsMax: charsMax ?? block.charsMax, updatedAt: clock.now() };
    const written = await rewriteBlock(tx, [shaped], block.label, value ?? block.value, clock.now());
    const result = { ...written, charsMax: shaped.charsMax };
    if (result.charsMax !== block.charsMax) await tx.memories.reshapeBlock(result);
    return result;
  });
}

function fromTemplate(template: OfferedTemplate): LabelledText {
  const { id, label, name, value, charsMax, description, offered, metadata, ownerId } = template;
  return { id, label, name, value, charsMax, description, offered, metadata, ownerId };
}

function fromBlock(block: Block, ownerId: string): LabelledText {
  return {
    id: block.id,
    label: block.label,
    name: null,
    value: block.value,
    charsMax: block.charsMax,
    description: block.description === '' ? null : block.description,
    offered: false,
    metadata: {},
    ownerId,
  };
}
