import { parentPort } from 'node:worker_threads';
import { ExtractionFault } from '../domain/extraction.js';
import { readDocument } from './document.js';
import type { ThreadReply, ThreadRequest } from './thread.js';

/*
 * The thread that reads files, one at a time. It hands over a part, and reads on when it is told to.
 */

let goOn: () => void = () => undefined;

parentPort?.on('message', (request: ThreadRequest) => {
  if (request.type === 'more') goOn();
  else void read(request.request);
});

async function read(request: Extract<ThreadRequest, { type: 'read' }>['request']): Promise<void> {
  const tell = (reply: ThreadReply): void => parentPort?.postMessage(reply);
  try {
    for await (const part of readDocument(request)) {
      const told = new Promise<void>((resolve) => (goOn = resolve));
      tell({ type: 'part', part });
      await told;
    }
    tell({ type: 'end' });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    tell({ type: 'fault', fault: error instanceof ExtractionFault ? error.fault : null, message });
  }
}
