import { progress } from '@clack/prompts';
import type { Terminal } from './terminal.js';

/** Tells a person, or a script, how far a load is. */
export interface LoadProgress {
  /** Files that are done, with the share of the one at hand, and a word about what happens. */
  show(done: number, about: string): void;
  /** A line that stays. */
  print(line: string): void;
  /** A line on standard error that stays. */
  complain(line: string): void;
  /** Takes the bar away with a last word and writes what was to stay. */
  end(word: 'Loaded' | 'Imported' | 'Broken off'): void;
}

const barColumns = 30;
/** Steps of a file: the bar only knows whole ones. */
const stepsPerFile = 100;

/** A bar where a person sits at the terminal; elsewhere lines alone, each as soon as it is known. */
export function createLoadProgress(terminal: Terminal, files: number, word = 'Loading'): LoadProgress {
  if (!terminal.interactive) {
    const { print, complain } = terminal;
    return { show: () => undefined, print, complain, end: () => undefined };
  }
  const bar = progress({ max: files * stepsPerFile, size: barColumns });
  const lines: (() => void)[] = [];
  let shown = 0;
  bar.start(word);
  return {
    show: (done, about) => {
      const steps = Math.floor(done * stepsPerFile);
      bar.advance(Math.max(0, steps - shown), about);
      shown = Math.max(shown, steps);
    },
    // A line in between would tear the bar.
    print: (line) => void lines.push(() => terminal.print(line)),
    complain: (line) => void lines.push(() => terminal.complain(line)),
    end: (word) => {
      bar.stop(word);
      for (const write of lines) write();
    },
  };
}
