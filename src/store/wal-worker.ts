import { parentPort, workerData } from 'node:worker_threads';
import { openSqlite } from './sqlite-driver.js';
import type { WalWord } from './wal-keeper.js';

/*
 * The thread that moves what was written from the log of a SQLite database into its file, at each message it gets.
 */

const connection = openSqlite(workerData as string);
connection.exec('pragma busy_timeout = 0; pragma wal_autocheckpoint = 0; pragma synchronous = normal');

parentPort?.on('message', (word: WalWord) => {
  if (word === 'close') {
    connection.close();
    parentPort?.close();
    return;
  }
  // Passive: it waits for nobody, and nobody for it.
  const [state] = connection.run('pragma wal_checkpoint(passive)').rows as { log: number }[];
  parentPort?.postMessage(state?.log ?? 0);
});
