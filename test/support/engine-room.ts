import type { Agent, Protocol } from '../../src/domain/agent.js';
import { systemClock, type Clock } from '../../src/domain/clock.js';
import { checkLog, type RunEvent } from '../../src/domain/event.js';
import { defaultUserId, newId } from '../../src/domain/ids.js';
import { defaultMemoryKey, type Block } from '../../src/domain/memory.js';
import { textOf, type Message } from '../../src/domain/message.js';
import type { Run, RunOverrides } from '../../src/domain/run.js';
import type { ToolRule } from '../../src/domain/tool-rule.js';
import type { Principal } from '../../src/domain/user.js';
import { createScales, type Scales } from '../../src/engine/gauge.js';
import { createLoop, type RunLoop } from '../../src/engine/loop.js';
import { createSearchAccess } from '../../src/engine/query-vectors.js';
import { nativeTools } from '../../src/domain/assistant.js';
import { classicTools, createToolRegistry } from '../../src/engine/tools/registry.js';
import type { Tool } from '../../src/engine/tools/tool.js';
import type { Provider, ProviderRegistry } from '../../src/providers/provider.js';
import { createScriptedProvider, type Script, type ScriptedProvider } from '../../src/providers/scripted.js';
import { createFollow, type Follow } from '../../src/runs/follow.js';
import { createNotifier, type Notifier } from '../../src/runs/notifier.js';
import { Sweeper } from '../../src/runs/sweeper.js';
import { Worker } from '../../src/runs/worker.js';
import type { RunService } from '../../src/services/run-commands.js';
import { createRunService } from '../../src/services/runs.js';
import type { Store } from '../../src/store/store.js';
import { temporarySqlite } from './databases.js';

/** The one who asks in these tests. */
export const principal: Principal = { userId: defaultUserId, role: 'admin' };

/** What a test may set of its room. */
export interface RoomOptions {
  script: Script;
  /** Finds models, in place of the one scripted provider. */
  providers?: ProviderRegistry;
  tools?: Tool[];
  clock?: Clock;
  contextWindow?: number;
  store?: Store;
  concurrency?: number;
  /** Answers after which a memory is tidied whose agent does not say. */
  sleepTimeEvery?: number;
  /** False leaves the worker for the test to start. */
  working?: boolean;
}

/** What a test may set of an agent. */
export interface AgentOptions {
  protocol?: Protocol;
  tools?: string[];
  functions?: string[];
  instructions?: string;
  blocks?: { label: string; value: string; charsMax?: number; readOnly?: boolean }[];
  toolRules?: ToolRule[];
}

/** The engine with a real store, a real worker and a scripted model. */
export interface EngineRoom {
  store: Store;
  provider: ScriptedProvider;
  runs: RunService;
  notifier: Notifier;
  follow: Follow;
  loop: RunLoop;
  /** What the loop has learned of how prompts weigh. */
  scales: Scales;
  worker: Worker;
  sweeper: Sweeper;
  /** Errors that no run told of. */
  faults: unknown[];
  newWorker(): Worker;
  newAgent(options?: AgentOptions): Promise<Agent>;
  /** Sends one message and waits until the run rests. */
  say(agent: Agent, text: string, overrides?: RunOverrides): Promise<Run>;
  start(agent: Agent, text: string, overrides?: RunOverrides): Promise<Run>;
  rest(run: Run, afterSeq?: number): Promise<Run>;
  log(run: Run): Promise<RunEvent[]>;
  blocks(agent: Agent): Promise<Record<string, string>>;
  messages(agent: Agent): Promise<Message[]>;
  /** What people said and were told, as `user: …` and `assistant: …`. */
  spoken(agent: Agent): Promise<string[]>;
  close(): Promise<void>;
}

/** A registry that knows one provider by every name. */
export function registryOf(provider: Provider): ProviderRegistry {
  return {
    resolve: (name) => ({ provider, model: name === '' ? 'scripted' : name }),
    embedder: () => null,
    providers: () => [provider],
    aliases: () => ({}),
    defaultModel: 'scripted',
  };
}

/** Opens a room; close it at the end of the test. */
export async function openRoom(options: RoomOptions): Promise<EngineRoom> {
  const database = options.store === undefined ? await temporarySqlite() : null;
  const store = options.store ?? database?.store;
  if (store === undefined) throw new Error('No store.');
  const clock = options.clock ?? systemClock;
  await store.users.insert({ id: defaultUserId, name: 'default', organisationId: null, createdAt: clock.now() });
  const provider = createScriptedProvider('scripted', options.script, {
    contextWindow: options.contextWindow ?? 128_000,
  });
  const providers = options.providers ?? registryOf(provider);
  const notifier = await createNotifier(store);
  const follow = createFollow({ store, notifier });
  const { sleepTimeEvery } = options;
  const runs = createRunService({
    store,
    notifier,
    follow,
    clock,
    memoryScope: 'thread',
    providers,
    sleepTimeEvery,
  });
  const noCache = { get: () => Promise.resolve(undefined), set: () => Promise.resolve(true) };
  const scales = createScales(clock);
  const loop = createLoop(
    {
      store,
      providers,
      tools: createToolRegistry(options.tools ?? []),
      searchAccess: createSearchAccess(store.search, providers, noCache),
      clock,
    },
    scales,
  );
  const faults: unknown[] = [];
  const onFault = (error: unknown): void => void faults.push(error);
  const newWorker = (): Worker =>
    new Worker({ store, notifier, clock, loop, concurrency: options.concurrency ?? 8, onFault });
  const worker = newWorker();
  const sweeper = new Sweeper({ store, notifier, clock, eventRetentionMs: 1e12, onFault });
  if (options.working !== false) worker.start();

  const start: EngineRoom['start'] = (agent, text, overrides) =>
    runs.start(principal, {
      agentId: agent.id,
      conversationId: mainOf(agent),
      input: text === '' ? [] : [{ role: 'user', kind: 'said', parts: [{ type: 'text', text }] }],
      overrides,
      whenActive: 'queue',
    });
  const rest: EngineRoom['rest'] = async (run, afterSeq = 0) => {
    const signal = AbortSignal.timeout(15_000);
    for await (const event of follow(run.id, { afterSeq, signal })) void event;
    signal.throwIfAborted();
    return runs.get(principal, run.id);
  };
  const messages: EngineRoom['messages'] = async (agent) => {
    const page = await store.messages.page(mainOf(agent), { limit: 10_000, order: 'asc', visibleOnly: false });
    return page.items;
  };

  return {
    store,
    provider,
    runs,
    notifier,
    follow,
    loop,
    scales,
    worker,
    sweeper,
    faults,
    newWorker,
    newAgent: (wanted) => insertAgent(store, clock, wanted ?? {}),
    start,
    rest,
    say: async (agent, text, overrides) => rest(await start(agent, text, overrides)),
    async log(run) {
      const events = await store.events.read(run.id, 0, 100_000);
      const faultsOfLog = checkLog(events);
      if (faultsOfLog.length > 0) throw new Error(`The log breaks its grammar:\n${faultsOfLog.join('\n')}`);
      return events;
    },
    async blocks(agent) {
      const memory = await store.memories.findByKey(agent.id, defaultMemoryKey);
      const blocks: Block[] = memory === null ? [] : await store.memories.blocks(memory.id);
      return Object.fromEntries(blocks.map((block) => [block.label, block.value]));
    },
    messages,
    async spoken(agent) {
      const all = await messages(agent);
      return all.filter((message) => message.visible).map((message) => `${message.role}: ${textOf(message)}`);
    },
    async close() {
      await worker.stop(0);
      await sweeper.stop();
      await notifier.close();
      if (database !== null) await database.close();
    },
  };
}

function mainOf(agent: Agent): string {
  if (agent.mainConversationId === null) throw new Error('The agent has no conversation.');
  return agent.mainConversationId;
}

async function insertAgent(store: Store, clock: Clock, options: AgentOptions): Promise<Agent> {
  const at = clock.now();
  const protocol = options.protocol ?? 'native';
  const builtins = options.tools ?? (protocol === 'native' ? nativeTools : classicTools);
  const conversationId = newId();
  const agent: Agent = {
    id: newId(),
    ownerId: defaultUserId,
    name: `agent-${newId()}`,
    description: null,
    instructions: options.instructions ?? 'You are a test.',
    model: 'scripted',
    protocol,
    origin: 'native',
    envelope: protocol === 'native' ? 'plain' : 'json',
    settings: options.toolRules === undefined ? {} : { toolRules: options.toolRules },
    tools: [
      ...builtins.map((name) => ({ type: 'builtin' as const, name })),
      ...(options.functions ?? []).map((name) => ({
        type: 'function' as const,
        name,
        description: 'A function of the client.',
        parameters: { type: 'object', properties: {} },
        strict: null,
      })),
    ],
    metadata: {},
    faceData: {},
    mainConversationId: conversationId,
    createdAt: at,
    updatedAt: at,
  };
  const memoryId = newId();
  await store.transaction(async (tx) => {
    await tx.agents.insert({ ...agent, mainConversationId: null });
    await tx.conversations.insert({
      id: conversationId,
      ownerId: defaultUserId,
      memoryKey: defaultMemoryKey,
      metadata: {},
      lastSeq: 0,
      createdAt: at,
    });
    await tx.agents.update(agent);
    await tx.memories.insert({
      id: memoryId,
      agentId: agent.id,
      key: defaultMemoryKey,
      passageCount: 0,
      createdAt: at,
    });
    const blocks = options.blocks ?? [
      { label: 'persona', value: 'I am a test.' },
      { label: 'human', value: '' },
    ];
    for (const block of blocks) {
      await tx.memories.insertBlock(
        {
          id: newId(),
          memoryId,
          label: block.label,
          description: `The ${block.label} block.`,
          value: block.value,
          charsMax: block.charsMax ?? 5_000,
          readOnly: block.readOnly ?? false,
          version: 1,
          createdAt: at,
          updatedAt: at,
        },
        'system',
        null,
      );
    }
  });
  return agent;
}
