import { createInterface } from 'node:readline';
import { loadConfig, type Config } from '../config.js';
import { AppError } from '../domain/errors.js';
import type { Logger } from '../logger.js';
import type { ChatPartner, WantedAgent } from './chat-partner.js';
import { createPrinter } from './chat-printer.js';
import { runningServer } from './house-client.js';
import { openLocalPartner } from './local-partner.js';
import { openHouse } from './open-house.js';
import { openRemotePartner } from './remote-partner.js';
import type { Terminal } from './terminal.js';

/** What the flags of `run` may say. */
export interface ChatFlags {
  agent?: string;
  persona?: string;
  human?: string;
  model?: string;
  stream: boolean;
}

const help = [
  '/memory  what the agent always has in mind',
  '/help    this list',
  '/exit    leave; the agent remembers',
];

/**
 * Talks with an agent in the terminal: one message per line, from a person or a pipe. It opens the store in this
 * process, or speaks to the server that serves the same home. Returns the exit status, 1 where an answer failed.
 */
export async function chat(
  flags: ChatFlags,
  terminal: Terminal,
  loggerFor: (config: Config) => Logger,
): Promise<number> {
  const config = loadConfig({ refuseOwnUpstream: false });
  const client = runningServer(config);
  const wanted = wantedAgent(flags, config);
  const partner = client === null ? await inThisProcess(wanted, loggerFor) : await openRemotePartner(client, wanted);
  try {
    warnOfIdleFlags(partner, flags, terminal);
    return await converse(partner, terminal, flags);
  } finally {
    await partner.close();
  }
}

async function inThisProcess(wanted: WantedAgent, loggerFor: (config: Config) => Logger): Promise<ChatPartner> {
  const config = loadConfig();
  const house = await openHouse(config, loggerFor(config));
  return openLocalPartner(house, wanted).catch(async (error: unknown) => {
    await house.close();
    throw error;
  });
}

function wantedAgent(flags: ChatFlags, config: Config): WantedAgent {
  return {
    name: flags.agent ?? null,
    persona: flags.persona ?? config.profiles.persona,
    human: flags.human ?? config.profiles.human,
    model: flags.model ?? null,
  };
}

/** An agent that is there keeps its character and model. */
function warnOfIdleFlags(partner: ChatPartner, flags: ChatFlags, terminal: Terminal): void {
  if (partner.created) return;
  const given = (['persona', 'human', 'model'] as const).filter((name) => flags[name] !== undefined);
  const idle = given.map((name) => `--${name}`).join(' and ');
  if (idle !== '')
    terminal.complain(`${partner.agentName} exists already: ${idle} is for new agents and has no effect.`);
}

/** Reads lines and answers them one by one until the input ends or the person leaves. */
export async function converse(
  partner: ChatPartner,
  terminal: Terminal,
  flags: Pick<ChatFlags, 'stream'>,
): Promise<number> {
  const state = partner.created ? 'was made just now' : 'remembers you';
  terminal.print(terminal.dim(`${partner.agentName} ${state}. One message per line; /help lists the commands.`));
  const lines = createInterface({ input: terminal.input, terminal: false });
  let failed = false;
  const prompt = (): void => (terminal.interactive ? terminal.write('> ') : undefined);
  prompt();
  for await (const line of lines) {
    const text = line.trim();
    if (text === '/exit' || text === '/quit') break;
    if (text.startsWith('/')) await command(text, partner, terminal);
    else if (text !== '') failed = !(await answer(text, partner, terminal, flags.stream)) || failed;
    prompt();
  }
  lines.close();
  return failed ? 1 : 0;
}

async function command(text: string, partner: ChatPartner, terminal: Terminal): Promise<void> {
  switch (text) {
    case '/memory':
      for (const block of await partner.memory()) {
        terminal.print(terminal.bold(`${block.label} (${[...block.value].length}/${block.charsMax})`));
        terminal.print(block.value);
      }
      return;
    case '/help':
      for (const line of help) terminal.print(line);
      return;
    default:
      terminal.complain(`There is no command ${text.split(' ')[0]}; /help lists them.`);
  }
}

/** One message and its answer; false where it failed. An interrupt ends the answer and keeps the conversation. */
async function answer(text: string, partner: ChatPartner, terminal: Terminal, stream: boolean): Promise<boolean> {
  const printer = createPrinter(terminal, partner.agentName, stream);
  const interruption = new AbortController();
  const interrupt = (): void => interruption.abort();
  process.once('SIGINT', interrupt);
  let fine = true;
  try {
    for await (const event of partner.say(text, interruption.signal)) {
      if (event.type === 'failure') fine = false;
      printer.take(event);
    }
  } catch (error) {
    if (!(error instanceof AppError) && !interruption.signal.aborted) throw error;
    if (!interruption.signal.aborted) printer.take({ type: 'failure', text: (error as AppError).message });
    fine = false;
  } finally {
    process.off('SIGINT', interrupt);
    printer.end();
  }
  return fine;
}
