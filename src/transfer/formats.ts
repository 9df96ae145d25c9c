import type { Reader } from './reader.js';

/** What can be imported, with the reader of each. A reader is loaded in the thread that needs it, and only there. */
const readers = {
  bundle: async () => (await import('./bundle/reader.js')).bundleReader,
  letta: async () => (await import('./letta/reader.js')).lettaReader,
  af: async () => (await import('./letta/agent-file/reader.js')).agentFileReader,
  openai: async () => (await import('./openai/reader.js')).openaiReader,
} satisfies Record<string, () => Promise<Reader>>;

/** The name of a format that can be imported. */
export type TransferFormat = keyof typeof readers;

/** All names of formats. */
export const transferFormats = Object.keys(readers) as [TransferFormat, ...TransferFormat[]];

/** The reader of a format. */
export function readerOf(format: TransferFormat): Promise<Reader> {
  return readers[format]();
}
