import { compareTexts } from '../../domain/likeness.js';
import { limits } from '../../domain/limits.js';
import type { Passage } from '../../domain/memory.js';
import type { Repositories } from '../../store/store.js';
import { clipText } from './result.js';
import type { Candidates, SearchAccess, ToolContext } from './tool.js';

/** A passage that says the same as a text, or nearly. */
export interface AlikePassage {
  passage: Passage;
  likeness: 'same' | 'near';
}

/** Characters of a passage that its likeness to another is told with. */
const excerptChars = 160;

/**
 * The passages of the open memory among which one may say the same as a text that is about to be put there: the best of
 * a search. Null where the search fails, which must not keep the text from being stored.
 */
export async function findCandidates(
  access: SearchAccess,
  { memory }: ToolContext,
  text: string,
): Promise<Candidates | null> {
  try {
    const query = clipText(text, limits.searchQueryCharsMax);
    const embedding = await access.embed(query);
    const whole = { from: null, to: null, tags: null, tagMatch: 'any', offset: 0 } as const;
    const limit = limits.alikePassages;
    const { hits } = await access.search.passages({ memoryId: memory.id, query, embedding, limit, ...whole });
    return { passages: hits, embedding: query === text ? embedding : null };
  } catch {
    return null;
  }
}

/** The first of the candidates that is still there and says the same as a text with these tags, else nearly the same. */
export async function findAlike(
  tx: Repositories,
  { text, tags }: Pick<Passage, 'text' | 'tags'>,
  { passages, embedding }: Candidates,
): Promise<AlikePassage | null> {
  const ids = passages.map((passage) => passage.id);
  const cosines = embedding === null ? new Map<string, number>() : await tx.memories.cosines(ids, embedding);
  let near: AlikePassage | null = null;
  for (const { id, memoryId } of passages) {
    const passage = await tx.memories.passage(memoryId, id);
    if (passage === null) continue;
    const likeness = compareTexts(text, passage.text, cosines.get(id) ?? null);
    if (likeness === 'same' && hasTags(passage, tags)) return { passage, likeness };
    if (likeness !== 'different') near ??= { passage, likeness: 'near' };
  }
  return near;
}

function hasTags(passage: Passage, tags: readonly string[]): boolean {
  return tags.length === passage.tags.length && tags.every((tag) => passage.tags.includes(tag));
}

/** The sentence by which the model learns of a passage that says nearly the same as the one it has just stored. */
export function describeAlike({ passage }: AlikePassage, storedId: string, { agent }: ToolContext): string {
  const told = `Passage ${passage.id} says nearly the same: ${JSON.stringify(clipText(passage.text, excerptChars))}.`;
  const has = (name: string): boolean => agent.tools.some((tool) => tool.type === 'builtin' && tool.name === name);
  if (!has('archival_update') || !has('archival_delete')) return told;
  return (
    `${told} If one of them is enough, correct ${passage.id} with archival_update ` +
    `and remove ${storedId} with archival_delete.`
  );
}
