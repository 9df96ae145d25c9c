import { systemClock } from '../../src/domain/clock.js';
import { createExtractor } from '../../src/extract/extractor.js';
import { Ingester } from '../../src/runs/ingester.js';
import type { AppOptions } from '../http/running-app.js';
import { startFace, type OpenaiFace } from './openai-face.js';

/** The OpenAI face of an app that also reads files into libraries. */
export interface ReadingFace extends OpenaiFace {
  ingester: Ingester;
  /** What went wrong while files were read, and was no file's own fault. */
  faults: unknown[];
}

/** Starts a face whose files are read; `reading: false` leaves them unread until the ingester is started. */
export async function startReadingFace(options: AppOptions & { reading?: boolean } = {}): Promise<ReadingFace> {
  const face = await startFace(options);
  const faults: unknown[] = [];
  const extractor = createExtractor();
  const ingester = new Ingester({
    store: face.app.store,
    notifier: face.app.room.notifier,
    clock: options.clock ?? systemClock,
    extractor,
    concurrency: 2,
    onFault: (error) => void faults.push(error),
  });
  if (options.reading !== false) ingester.start();
  return {
    ...face,
    ingester,
    faults,
    close: async () => {
      await ingester.stop();
      await extractor.close();
      await face.close();
    },
  };
}
