import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/*
 * Long conversations between two people, with questions about them and the turns that answer each: some of LoCoMo
 * (Maharana et al., 2024). Their licence keeps them out of this project; where they are absent nothing is measured.
 */

const folder = join(fileURLToPath(new URL('../..', import.meta.url)), ...['..', 'shared', 'data', 'locomo']);

/** When a session began, such as `1:56 pm on 8 May, 2023`, in seconds. */
const sessionTime = z.string().transform((text) => {
  const [, time, day] = /^(.+) on (.+)$/.exec(text) ?? [];
  return Math.floor(Date.parse(`${day} ${time} UTC`) / 1_000);
});

const conversationSchema = z.object({
  id: z.string(),
  speakers: z.tuple([z.string(), z.string()]),
  sessions: z.array(
    z.object({
      /** When it began, in seconds. */
      time: sessionTime,
      turns: z.array(
        z.object({ id: z.string(), speaker: z.string(), text: z.string(), image_caption: z.string().optional() }),
      ),
    }),
  ),
  questions: z.array(z.object({ question: z.string(), category: z.int(), evidence: z.array(z.string()) })),
});

export type LongConversation = z.infer<typeof conversationSchema>;

/** The conversations that are there, none of them perhaps. */
export function longConversations(): LongConversation[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((name) => /^conv-\d+\.json$/.test(name));
  return files.sort().map((name) => conversationSchema.parse(JSON.parse(readFileSync(join(folder, name), 'utf8'))));
}
