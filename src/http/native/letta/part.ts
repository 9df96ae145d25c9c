import { z } from 'zod';
import type { IdKind } from '../../../domain/ids.js';
import { pageOf } from '../../../domain/page.js';
import { lenientInteger } from '../schemas.js';
import { lettaId } from './schemas.js';

/** How much of a list is wanted, and after which of its members. Without either it is the whole list. */
export interface WantedPart {
  after?: string;
  limit?: number;
}

/**
 * The members of a query that name a part of a list. Clients of later releases read a list on from its last member
 * until nothing comes, so they would never end where `after` were passed over.
 */
export function partMembers(kind: IdKind): z.ZodObject<{
  after: z.ZodOptional<z.ZodType<string>>;
  limit: z.ZodOptional<z.ZodType<number>>;
}> {
  return z.object({ after: lettaId(kind).optional(), limit: lenientInteger(1, 10_000).optional() });
}

/** The part of a list that is wanted. Throws `invalid_request` where `after` names none of its members. */
export function partOf<T extends { id: string }>(items: readonly T[], { after, limit }: WantedPart): T[] {
  return pageOf(items, { limit: limit ?? items.length, order: 'asc', after }).items;
}
