#!/usr/bin/env node
import { CommanderError } from 'commander';
import { AppError } from '../domain/errors.js';
import { scrub } from '../logger.js';
import { createProgram } from './program.js';
import { processTerminal, type Terminal } from './terminal.js';
import { programNameOf } from './version.js';

/** The most that is told of a fault nobody foresaw. */
const sentenceCharsMax = 500;

/** Runs the command that was typed and returns the exit status. What goes wrong is told in one sentence. */
async function main(argv: readonly string[], terminal: Terminal): Promise<number> {
  let status = 0;
  const program = createProgram({
    name: programNameOf(argv[1] ?? ''),
    terminal,
    onExit: (given) => {
      status = given;
    },
  });
  try {
    await program.parseAsync(argv);
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    terminal.complain(scrub(sentenceOf(error)));
    if (!(error instanceof AppError) && argv.includes('--debug')) terminal.complain(scrub(stackOf(error)));
    return 1;
  }
}

function sentenceOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/\s+/g, ' ').slice(0, sentenceCharsMax);
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? '') : '';
}

const terminal = processTerminal();
const status = await main(process.argv, terminal);
await terminal.flushed();
// What a stopped server left open, a socket or a timer, must not keep the process.
process.exit(status);
