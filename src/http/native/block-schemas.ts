import { z } from 'zod';
import { idText, lenientInteger } from './schemas.js';

/*
 * The history of blocks, which no release of the originals had on its routes; the same words under `/api` and `/v1`.
 */

const text = z.string();

/** The path of a block of an agent by its label. */
export const blockLabelPath = z.object({ agent_id: idText('agent'), label: text });
/** The query of a block's history. */
export const blockHistoryQuery = z.object({ limit: lenientInteger(1, 1_000).default(100) });
/** An entry of a block's history. */
export const blockVersionReply = z
  .strictObject({
    version: z.int(),
    value: text,
    actor: z.enum(['agent', 'user', 'system']),
    run_id: text.nullable(),
    step_id: text.nullable(),
    restores: z.int().nullable().meta({ description: 'The version that an undo or redo brought back.' }),
    created_at: text.meta({ format: 'date-time' }),
  })
  .meta({ id: 'BlockVersion' });
/** A block's history, the newest first. */
export const blockHistoryReply = z.strictObject({ history: z.array(blockVersionReply) }).meta({ id: 'BlockHistory' });
/** What stands in a block. */
export const blockValueReply = z
  .strictObject({ id: text, label: text, value: text, version: z.int() })
  .meta({ id: 'BlockValue' });
