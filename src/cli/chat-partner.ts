/** What a person in a terminal gets to see of an answer. */
export type ChatEvent =
  | { type: 'text'; text: string }
  | { type: 'thought'; text: string }
  /** Something the agent did, in one line. */
  | { type: 'deed'; text: string }
  /** The answer failed; nothing follows. */
  | { type: 'failure'; text: string };

/** A block of memory as it is shown. */
export interface ShownBlock {
  label: string;
  value: string;
  charsMax: number;
}

/** Which agent a person wants to talk to, and how one is made where there is none. */
export interface WantedAgent {
  /** Null is the one last spoken to. */
  name: string | null;
  persona: string;
  human: string;
  model: string | null;
}

/** An agent to talk to, in this process or behind a server. */
export interface ChatPartner {
  readonly agentName: string;
  /** True where the agent was made just now. */
  readonly created: boolean;
  /** Says something and hears the answer. An aborted signal ends the answer. */
  say(text: string, signal: AbortSignal): AsyncIterable<ChatEvent>;
  memory(): Promise<ShownBlock[]>;
  close(): Promise<void>;
}

/** The agent somebody wants among those there are, last spoken to first; null where one must be made. */
export function findWanted<T extends { name: string | null }>(agents: readonly T[], wanted: WantedAgent): T | null {
  if (wanted.name === null) return agents[0] ?? null;
  return agents.find((agent) => agent.name === wanted.name) ?? null;
}
