import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { get } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What is run in a process of its own. */
export interface Program {
  /** Arguments of Node: loaders, the file, its own arguments. Relative to the project's folder. */
  args: readonly string[];
  env?: Readonly<Record<string, string>>;
  port: number;
  /** A folder for what it writes. */
  folder: string;
}

/** What a process says of itself since it was last asked to begin anew. */
export interface Vitals {
  /** Milliseconds between two turns of the event loop beyond what was asked for, 99th percentile and longest. */
  loopDelayP99: number;
  loopDelayMax: number;
  /** Milliseconds of processor time, of all its threads. */
  cpuMs: number;
  /** Memory it holds now. */
  residentBytes: number;
  /** The most memory that it ever held. */
  peakBytes: number;
}

/** A process that answers `/health`. */
export interface Server {
  url: string;
  /** Milliseconds from its start to the first answer of `/health`. */
  startMs: number;
  /** Begins counting anew. */
  resetVitals(): Promise<void>;
  vitals(): Promise<Vitals>;
  stop(): Promise<void>;
}

const startLimitMs = 30_000;
const probeEveryMs = 3;

/** The arguments by which Node runs a TypeScript file of this folder. */
export function typescript(file: string): string[] {
  return ['--import', 'tsx', join('bench', 'support', file)];
}

/** The preload that lets a process tell its vitals. */
export const vitalsPreload = ['--import', './bench/support/vitals.mjs'];

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts a program and waits for its first answer. Throws with what it wrote where it ends before. */
export async function startServer({ args, env, port, folder }: Program): Promise<Server> {
  const logPath = join(folder, `process-${port}.log`);
  const log = openSync(logPath, 'a');
  const startedAt = performance.now();
  // Nothing of the caller's environment, so that its keys and addresses cannot change what is measured.
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { PATH: process.env.PATH, HOME: folder, ...env },
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  const url = `http://127.0.0.1:${port}`;
  while (!(await answers(url))) {
    if (child.exitCode !== null || performance.now() - startedAt > startLimitMs) {
      child.kill('SIGKILL');
      throw new Error(`${args.join(' ')} did not start:\n${readFileSync(logPath, 'utf8')}`);
    }
    await sleep(probeEveryMs);
  }
  const startMs = performance.now() - startedAt;
  return {
    url,
    startMs,
    resetVitals: async () => {
      await ask(child, 'reset');
    },
    vitals: () => ask(child, 'read'),
    stop: async () => {
      const exited = new Promise((resolve) => child.once('exit', resolve));
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM');
        await exited;
      }
    },
  };
}

function answers(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(`${url}/health`, { agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('error', () => resolve(false));
  });
}

function ask(child: ChildProcess, what: 'reset' | 'read'): Promise<Vitals> {
  return new Promise((resolve, reject) => {
    const onExit = (): void => reject(new Error('The process has ended.'));
    child.once('exit', onExit);
    child.once('message', (vitals) => {
      child.off('exit', onExit);
      resolve(vitals as Vitals);
    });
    child.send(what);
  });
}
