import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunEvent } from '../../src/domain/event.js';
import { isAtRest } from '../../src/domain/status.js';
import { openRoom, principal } from '../support/engine-room.js';
import { stories, type Story } from './stories.js';

/*
 * Writes the logs of the stories afresh: `npx tsx test/transcripts/record.ts`. Ids are numbered in the order of their
 * coming and the clock stands still, so that two recordings differ only where the engine does.
 */

const at = 1_750_000_000_000;
const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/gu;

async function record(story: Story): Promise<RunEvent[]> {
  let now = at;
  const clock = { now: () => now, pass: (ms: number) => void (now += ms) };
  const room = await openRoom({ script: story.script, clock });
  try {
    const agent = await room.newAgent(story.agent ?? {});
    const run = await room.runs.start(principal, {
      agentId: agent.id,
      conversationId: agent.mainConversationId ?? '',
      input: [{ role: 'user', kind: 'said', parts: [{ type: 'text', text: 'Tell me.' }] }],
      keepsSettings: true,
      whenActive: 'refuse',
    });
    await story.meanwhile?.(room, run, clock);
    const { lastSeq, status } = await room.runs.get(principal, run.id);
    if (!isAtRest(status)) await room.rest(run, lastSeq);
    return await room.log(run);
  } finally {
    await room.close();
  }
}

/** The log with every id replaced by its number. */
function withoutChance(events: readonly RunEvent[]): string {
  const names = new Map<string, string>();
  const lines = events.map((event) => JSON.stringify(event));
  return lines
    .map((line) =>
      line.replaceAll(uuid, (id) => {
        const name = names.get(id) ?? `00000000-0000-7000-8000-${String(names.size + 1).padStart(12, '0')}`;
        names.set(id, name);
        return name;
      }),
    )
    .map((line) => `${line}\n`)
    .join('');
}

for (const [name, story] of Object.entries(stories)) {
  const path = join(fileURLToPath(new URL('.', import.meta.url)), `${name}.events.jsonl`);
  writeFileSync(path, withoutChance(await record(story)));
}
