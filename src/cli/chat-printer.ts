import type { ChatEvent } from './chat-partner.js';
import type { Terminal } from './terminal.js';

/** Shows answers as they come. */
export interface ChatPrinter {
  take(event: ChatEvent): void;
  /** Ends the answer: what is held back is shown, and the line is finished. */
  end(): void;
}

/**
 * Makes a printer for one answer. Words and thoughts are shown as they come; without `stream`, each of them whole.
 * Every line says what it is, so that a pipe reads as well as a person does.
 */
export function createPrinter(terminal: Terminal, agentName: string, stream: boolean): ChatPrinter {
  let open: 'text' | 'thought' | null = null;
  let held = '';

  const style = (text: string): string => (open === 'thought' ? terminal.dim(text) : text);
  const begin = (kind: 'text' | 'thought'): void => {
    open = kind;
    terminal.write(kind === 'text' ? terminal.bold(`${agentName}: `) : terminal.dim('(thinking) '));
  };
  const finish = (): void => {
    if (open === null) return;
    terminal.write(held === '' ? '\n' : `${style(held)}\n`);
    held = '';
    open = null;
  };

  return {
    take: (event) => {
      switch (event.type) {
        case 'text':
        case 'thought':
          if (event.text === '') return;
          if (open !== event.type) {
            finish();
            begin(event.type);
          }
          if (stream) terminal.write(style(event.text));
          else held += event.text;
          return;
        case 'deed':
          finish();
          terminal.print(terminal.dim(`* ${event.text.replace(/\s+/g, ' ')}`));
          return;
        case 'failure':
          finish();
          terminal.complain(`The agent could not answer: ${event.text}`);
      }
    },
    end: finish,
  };
}
