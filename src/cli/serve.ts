import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { House } from '../compose.js';
import { ConfigError, type Config } from '../config.js';
import { limits } from '../domain/limits.js';
import type { Logger } from '../logger.js';
import { findCertificate, type CertificateFiles } from './certificate.js';
import { createHttpClient } from './http-client.js';
import { openHouse } from './open-house.js';
import { noteServer } from './server-record.js';
import type { Terminal } from './terminal.js';
import type { ProgramName } from './version.js';

/** What the server command is run with. */
export interface ServeContext {
  programName: ProgramName;
  terminal: Terminal;
  logger: Logger;
}

/**
 * Runs a server until it is told to stop, and returns the exit status. The start-up lines and their order are those of
 * the MemGPT and Letta servers, for scripts that wait for them. A second signal ends the process at once.
 */
export async function serve(config: Config, context: ServeContext): Promise<number> {
  const { terminal, logger } = context;
  const certificate = config.tls.enabled ? await findCertificate(config, Date.now()) : null;
  const settled = certificate === null ? config : { ...config, tls: { enabled: true, ...certificate } };
  const house = await openHouse(settled, logger);
  const stop = stopSignal();
  try {
    const { url } = await listen(house, config);
    const forget = noteServer(config, url);
    try {
      announceStart(house, certificate, terminal);
      await describeApi(url, config, context);
      announceReady(url, config, terminal);
      await stop.asked;
      terminal.print('Terminating the server...');
    } finally {
      forget();
    }
  } finally {
    await withinLimit(house.close(), logger);
    stop.release();
  }
  return 0;
}

async function listen(house: House, config: Config): Promise<{ url: string }> {
  try {
    return await house.listen();
  } catch (cause) {
    const place = `port ${config.port} on ${config.host}`;
    switch ((cause as NodeJS.ErrnoException).code) {
      case 'EADDRINUSE':
        throw new ConfigError(`The server cannot listen: ${place} is in use; choose another with --port.`, { cause });
      case 'EACCES':
        throw new ConfigError(`The server cannot listen: ${place} is not allowed for this user.`, { cause });
      case 'EADDRNOTAVAIL':
      case 'ENOTFOUND':
      case 'EAI_AGAIN':
        throw new ConfigError(`The server cannot listen: ${config.host} is no address of this machine.`, { cause });
      default:
        throw cause;
    }
  }
}

function announceStart(house: House, certificate: CertificateFiles | null, terminal: Terminal): void {
  terminal.print(
    house.generatedPassword
      ? `Generated admin server password for this session: ${house.adminPassword}`
      : 'Using existing admin server password from environment.',
  );
  if (certificate !== null) {
    const kind = certificate.selfSigned ? 'self-signed' : 'provided';
    terminal.print(`Running server with ${kind} SSL cert: ${certificate.certPath}, ${certificate.keyPath}`);
  }
  terminal.print(`INFO:     Started server process [${process.pid}]`);
  terminal.print('INFO:     Waiting for application startup.');
}

/** Writes the descriptions of both faces to the home, as the server itself gives them. */
async function describeApi(
  url: string,
  config: Config,
  { programName, terminal, logger }: ServeContext,
): Promise<void> {
  const client = createHttpClient({ url: reachable(url), password: null, home: config.home });
  const native = programName === 'memgpt' ? 'openapi_memgpt.json' : 'openapi_letta.json';
  mkdirSync(config.home, { recursive: true, mode: 0o700 });
  for (const name of [native, 'openapi_assistants.json']) {
    try {
      const description = await client.json('GET', `/${name}`);
      writeFileSync(join(config.home, name), `${JSON.stringify(description, null, 2)}\n`);
      terminal.print(`Writing out ${name} file`);
    } catch (error) {
      // A server that answers is worth more than a file about it.
      logger.warn({ error: error instanceof Error ? error.message : String(error) }, `${name} was not written`);
    }
  }
}

/** The address by which a server that listens everywhere reaches itself. */
function reachable(url: string): string {
  return url.replace('//0.0.0.0', '//127.0.0.1').replace('//[::]', '//[::1]');
}

function announceReady(url: string, config: Config, terminal: Terminal): void {
  terminal.print('INFO:     Application startup complete.');
  terminal.print(`INFO:     Uvicorn running on ${url} (Press CTRL+C to quit)`);
  for (const notice of config.notices) terminal.print(notice);
  const isPostgres = config.databaseUrl.startsWith('postgresql:');
  terminal.print(`Data: ${isPostgres ? 'PostgreSQL' : config.databaseUrl.replace(/^sqlite:/, '')}`);
  if (config.models.providers.length > 0) return;
  terminal.print(
    'No model is configured: a small rule-based stand-in answers. Set OPENAI_API_KEY or OLLAMA_BASE_URL, or run ' +
      "'threadkeeper configure', for a real one.",
  );
}

interface StopSignal {
  asked: Promise<void>;
  release(): void;
}

/** Resolves at the first signal; the second ends the process, with the status shells give to a signal. */
function stopSignal(): StopSignal {
  let signals = 0;
  let resolveAsked: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => {
    resolveAsked = resolve;
  });
  const onSignal = (name: NodeJS.Signals): void => {
    signals += 1;
    if (signals > 1) process.exit(name === 'SIGINT' ? 130 : 143);
    resolveAsked();
  };
  const names: NodeJS.Signals[] = ['SIGINT', 'SIGTERM'];
  for (const name of names) process.on(name, onSignal);
  return { asked, release: () => names.forEach((name) => process.off(name, onSignal)) };
}

/** Waits for the house to close, no longer than it may take: what is left is taken up at the next start. */
async function withinLimit(closing: Promise<void>, logger: Logger): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), limits.shutdownMs);
  });
  const closed = closing.catch((error: unknown) =>
    logger.error({ error: String(error) }, 'the server did not close well'),
  );
  const outcome = await Promise.race([closed, tooLong]);
  clearTimeout(timer);
  if (outcome === 'late') logger.warn('the server did not close in time; unfinished runs continue at the next start');
}
