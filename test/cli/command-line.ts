import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../../bin/threadkeeper.js', import.meta.url));
const built = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** For tests that start the program itself, once or often: a second each where nothing else runs, many where much does. */
export const wholeProgram = { timeout: 60_000 } as const;

/** What a finished command left. */
export interface Outcome {
  status: number | null;
  out: string;
  errors: string;
}

/** A command that runs: what it wrote so far, and ways to wait for more. */
export interface Running {
  out(): string;
  errors(): string;
  /** Waits until standard output matches; throws with all that was written where the command ends before. */
  untilPrinted(pattern: RegExp): Promise<RegExpExecArray>;
  signal(name: NodeJS.Signals): void;
  ended: Promise<Outcome>;
}

/** A machine with nothing on it: an empty home, no variables, and the program on its path under all of its names. */
export interface Machine {
  home: string;
  /** The folder with the program's names, first on the path. */
  programs: string;
  run(args: string[], options?: RunOptions): Running;
  finish(): Promise<void>;
}

/** How a command is started. */
export interface RunOptions {
  name?: 'threadkeeper' | 'letta' | 'memgpt';
  env?: Record<string, string>;
  input?: string;
}

/** Makes such a machine; `finish` ends what still runs on it and takes it away. */
export function createMachine(): Machine {
  if (!existsSync(built)) throw new Error('The program is not built: run npm run build first.');
  const folder = mkdtempSync(join(tmpdir(), 'machine-'));
  const home = join(folder, '.threadkeeper');
  const programs = join(folder, 'bin');
  const children = new Set<ChildProcess>();
  mkdirSync(programs);
  for (const name of ['threadkeeper', 'letta', 'memgpt']) symlinkSync(script, join(programs, name));

  const run = (args: string[], options: RunOptions = {}): Running => {
    const path = [programs, dirname(process.execPath), process.env.PATH].join(delimiter);
    const child = spawn(options.name ?? 'threadkeeper', args, {
      env: { HOME: folder, PATH: path, ...options.env },
      cwd: folder,
    });
    children.add(child);
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
    return watch(child);
  };

  return {
    home,
    programs,
    run,
    finish: async () => {
      const running = [...children].filter((child) => child.exitCode === null && child.signalCode === null);
      const ended = running.map((child) => new Promise((resolve) => child.once('exit', resolve)));
      for (const child of running) child.kill('SIGKILL');
      await Promise.all(ended);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function watch(child: ReturnType<typeof spawn>): Running {
  let out = '';
  let errors = '';
  let waiting: (() => void)[] = [];
  const wake = (): void => {
    const woken = waiting;
    waiting = [];
    for (const resume of woken) resume();
  };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => ((out += text), wake()));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => ((errors += text), wake()));
  let over = false;
  const ended = new Promise<Outcome>((resolve) => {
    child.once('close', (status) => {
      over = true;
      resolve({ status, out, errors });
      wake();
    });
  });
  return {
    out: () => out,
    errors: () => errors,
    ended,
    signal: (name) => void child.kill(name),
    untilPrinted: async (pattern) => {
      for (;;) {
        const match = pattern.exec(out);
        if (match !== null) return match;
        if (over) throw new Error(`The command ended without printing ${String(pattern)}:\n${out}\n${errors}`);
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
  };
}

/** A port that something else listens on, until `release`. */
export async function takenPort(): Promise<{ port: number; release(): Promise<void> }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The operating system gave no port.');
  return { port: address.port, release: () => new Promise((resolve) => server.close(() => resolve())) };
}
