import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Where a command reads and writes. Standard output is for people and scripts, standard error for what went wrong. */
export interface Terminal {
  input: Readable;
  /** True where a person sits at both ends, so that questions may be asked. */
  interactive: boolean;
  /** Writes text as it is. */
  write(text: string): void;
  /** Writes a line. */
  print(line: string): void;
  /** Writes bytes as they are, no faster than they are taken. Where the reader goes away, the rest is not written. */
  pour(bytes: AsyncIterable<Uint8Array>): Promise<void>;
  /** Waits until all that was written has been taken: what is not is lost when the process exits. */
  flushed(): Promise<void>;
  /** Writes a line to standard error. */
  complain(line: string): void;
  /** The text in a fainter colour, where the terminal has colours. */
  dim(text: string): string;
  /** The text in bold, where the terminal has it. */
  bold(text: string): string;
}

/** The terminal this process was started in. Colours follow `NO_COLOR` and `FORCE_COLOR`. */
export function processTerminal(): Terminal {
  const { stdin, stdout, stderr } = process;
  const colours = stdout.isTTY && stdout.hasColors();
  const styled = (code: number, text: string): string => (colours ? `\u001b[${code}m${text}\u001b[22m` : text);
  // A reader that went away (`| head`) is no fault of ours.
  for (const stream of [stdout, stderr]) stream.on('error', () => undefined);
  return {
    input: stdin,
    interactive: stdin.isTTY === true && stdout.isTTY === true,
    write: (text) => void stdout.write(text),
    print: (line) => void stdout.write(`${line}\n`),
    async pour(bytes) {
      try {
        await pipeline(bytes, stdout, { end: false });
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'EPIPE')) throw error;
      }
    },
    async flushed() {
      for (const stream of [stdout, stderr]) await new Promise((resolve) => stream.write('', resolve));
    },
    complain: (line) => void stderr.write(`${line}\n`),
    dim: (text) => styled(2, text),
    bold: (text) => styled(1, text),
  };
}
