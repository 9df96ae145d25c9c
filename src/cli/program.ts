import { Command, InvalidArgumentError, Option } from 'commander';
import { loadConfig, type Config, type ConfigSources } from '../config.js';
import { createLogger, type Logger } from '../logger.js';
import { addCatalogue } from './catalogue-commands.js';
import { chat, type ChatFlags } from './chat.js';
import { backends, configure, quickstart, usualBackend, type Backend, type ConfigureFlags } from './configure.js';
import { addLoad } from './load-commands.js';
import { addTransfers } from './transfer-commands.js';
import { serve } from './serve.js';
import type { Terminal } from './terminal.js';
import { programVersion, type ProgramName } from './version.js';

interface ServerFlags {
  port?: number;
  host?: string;
  useSsl?: boolean;
  sslCert?: string;
  sslKey?: string;
  database?: string;
  debug?: boolean;
}

/** What a program is made with. */
export interface ProgramContext {
  name: ProgramName;
  terminal: Terminal;
  /** Hears the exit status of the command that ran. */
  onExit: (status: number) => void;
}

/** Makes the command line. Parsing it runs the command; commander's own errors are thrown. */
export function createProgram(context: ProgramContext): Command {
  const { name, terminal } = context;
  const program = new Command(name)
    .description('Keeps MemGPT, Letta and OpenAI Assistants apps alive, with agents that remember.')
    .version(programVersion(), '--version')
    .configureOutput({
      writeOut: (text) => terminal.write(text),
      writeErr: (text) => terminal.complain(text.trimEnd()),
    })
    .exitOverride();
  addServer(program, context);
  addRun(program, context);
  addConfigure(program, context);
  addQuickstart(program, context);
  addCatalogue(program, context);
  addLoad(program, context);
  addTransfers(program, context);
  program
    .command('version')
    .description('print the version')
    .action(() => {
      terminal.print(programVersion());
      context.onExit(0);
    });
  return program;
}

function addServer(program: Command, { name, terminal, onExit }: ProgramContext): void {
  program
    .command('server')
    .description('run the server')
    .addOption(new Option('--type <type>', 'kind of server').choices(['rest']).default('rest'))
    .option('--port <port>', 'port to listen on (8283)', wholeNumber)
    .option('--host <host>', 'name or address to listen on (localhost)')
    .option('--use-ssl', 'serve HTTPS, with a certificate of its own where none is given')
    .option('--ssl-cert <path>', 'certificate, with --use-ssl')
    .option('--ssl-key <path>', 'private key, with --use-ssl')
    .option('--database <address>', 'a folder, or postgres://…')
    .option('--debug', 'log more')
    .option('--no-debug', 'log no more than usual')
    .action(async (flags: ServerFlags) => {
      const config = loadConfig({ overrides: toOverrides(flags) });
      onExit(await serve(config, { programName: name, terminal, logger: createLogger({ level: config.logLevel }) }));
    });
}

function toOverrides({ database, ...flags }: ServerFlags): NonNullable<ConfigSources['overrides']> {
  return {
    port: flags.port,
    host: flags.host,
    useSsl: flags.useSsl,
    sslCert: flags.sslCert,
    sslKey: flags.sslKey,
    debug: flags.debug,
    databaseUrl: database,
  };
}

function addRun(program: Command, { terminal, onExit }: ProgramContext): void {
  program
    .command('run')
    .description('talk with an agent in the terminal; it is made where it does not exist')
    .option('--agent <name>', 'name of the agent (the one last spoken to)')
    .option('--persona <profile>', 'who a new agent is: the name of a profile, or a text')
    .option('--human <profile>', 'whom a new agent talks to: the name of a profile, or a text')
    .option('--model <model>', 'model of a new agent')
    .option('--stream', 'show words as they come (the default)')
    .option('--no-stream', 'show answers whole')
    .option('--debug', 'log to standard error')
    .addOption(new Option('--first', 'you speak first, as you always do').hideHelp())
    .addOption(new Option('-y, --yes', 'ask nothing, as it never does').hideHelp())
    .action(async (flags: ChatFlags & { debug?: boolean }) => {
      const loggerFor = (config: Config): Logger =>
        createLogger({ level: flags.debug === true ? 'debug' : quieter(config.logLevel), human: true });
      onExit(await chat({ ...flags, stream: flags.stream !== false }, terminal, loggerFor));
    });
}

/** In a conversation, facts that are no trouble stay out of sight. */
function quieter(level: Config['logLevel']): Config['logLevel'] {
  return level === 'info' ? 'error' : level;
}

function addProviderOptions(command: Command): Command {
  return command
    .option('--base-url <url>', 'address of an OpenAI-shaped API')
    .option('--api-key <key>', "key; better kept in the vendor's variable")
    .option('--api-version <version>', "version of Azure's API")
    .option('--model <model>', "the provider's name of the model")
    .option('--embedding-model <model>', 'model that makes vectors; none searches by words')
    .option('--context-window <tokens>', "tokens of the model's window, where the server does not say", wholeNumber);
}

function addConfigure(program: Command, { terminal, onExit }: ProgramContext): void {
  addProviderOptions(program.command('configure'))
    .description('choose the model provider, by questions or by flags')
    .option('--provider <name>', 'openai, azure, ollama, …, offline, or any name with --base-url')
    .option('--non-interactive', 'ask nothing')
    .action(async (flags: ConfigureFlags & { nonInteractive?: boolean }) => {
      onExit(await configure({ ...flags, interactive: flags.nonInteractive !== true }, terminal));
    });
}

function addQuickstart(program: Command, { terminal, onExit }: ProgramContext): void {
  addProviderOptions(program.command('quickstart'))
    .description('choose a usual back end without a question')
    .addOption(new Option('--backend <name>', 'back end').choices(backends))
    .addOption(new Option('--latest', 'no effect').hideHelp())
    .addOption(new Option('--debug', 'no effect').hideHelp())
    .addOption(new Option('--no-debug', 'no effect').hideHelp())
    .addOption(new Option('--terminal', 'no effect').hideHelp())
    .addOption(new Option('--no-terminal', 'no effect').hideHelp())
    .action((flags: ConfigureFlags & { backend?: Backend }) => {
      onExit(quickstart(flags.backend ?? usualBackend(), flags, terminal));
    });
}

function wholeNumber(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number.');
}
