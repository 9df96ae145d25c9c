import { ProviderError } from '../../src/providers/provider.js';
import type { Script } from '../../src/providers/scripted.js';
import type { AgentOptions, EngineRoom } from '../support/engine-room.js';
import { principal } from '../support/engine-room.js';
import type { Run } from '../../src/domain/run.js';

/** A run that is worth telling: what its model says, what kind of agent it has, and what is done to it meanwhile. */
export interface Story {
  agent?: AgentOptions;
  script: Script;
  /** Carries the story on from the first rest, or interferes before it. */
  meanwhile?: (room: EngineRoom, run: Run, clock: { pass(ms: number): void }) => Promise<void>;
}

const note = (content: string, id: string) => ({
  id,
  name: 'memory_append',
  arguments: { label: 'human', content },
});
const lookup = (q: string, id: string) => ({ id, name: 'lookup', arguments: { q } });

async function untilWords(room: EngineRoom, run: Run): Promise<void> {
  for await (const event of room.follow(run.id, { afterSeq: 0, signal: AbortSignal.timeout(10_000) })) {
    if (event.type === 'text-delta') return;
  }
}

/** The stories whose logs are on record, by the names of their files. */
export const stories: Record<string, Story> = {
  'plain-reply': { script: [{ text: 'Hello there, Ada.', deltaChars: 6 }] },
  'remembers-then-replies': {
    script: [{ text: 'One moment.', calls: [note('Likes figs.', 'call_1')] }, 'Noted.'],
  },
  'function-beside-memory': {
    agent: { functions: ['lookup'] },
    script: [
      { calls: [note('Asked about Rome.', 'call_1'), lookup('Rome', 'call_2'), lookup('fall', 'call_3')] },
      'In 476.',
    ],
    meanwhile: async (room, run) => {
      await room.rest(run);
      await room.runs.submit(principal, run.id, [
        { callId: 'call_2', output: 'A city.' },
        { callId: 'call_3', output: '476' },
      ]);
    },
  },
  'cancelled-in-mid-sentence': {
    script: [{ text: 'Well, once upon a time', deltaChars: 5, cutAfter: 2, ending: 'silence' }],
    meanwhile: async (room, run) => {
      await untilWords(room, run);
      await room.runs.cancel(principal, run.id);
    },
  },
  'broken-off-and-taken-again': { script: [{ text: 'Well, it', deltaChars: 4, cutAfter: 1 }, 'It is so.'] },
  'failed-for-good': { script: [{ error: new ProviderError('provider_rate_limited', 'Too many requests.') }] },
  'cut-by-its-limit': { script: [{ text: 'Once upon', finish: 'length' }] },
  'expired-while-waiting': {
    agent: { functions: ['lookup'] },
    script: [{ calls: [lookup('Rome', 'call_1')] }],
    meanwhile: async (room, run, clock) => {
      await room.rest(run);
      clock.pass(600_001);
      await room.sweeper.expire();
    },
  },
  'heartbeat-speech': {
    agent: { protocol: 'heartbeat' },
    script: [
      {
        calls: [
          {
            id: 'call_1',
            name: 'core_memory_append',
            arguments: {
              inner_thoughts: 'Worth keeping.',
              name: 'human',
              content: 'Likes figs.',
              request_heartbeat: true,
            },
          },
        ],
      },
      {
        calls: [
          { id: 'call_2', name: 'send_message', arguments: { inner_thoughts: 'I tell her.', message: 'Noted!' } },
        ],
      },
    ],
  },
};
