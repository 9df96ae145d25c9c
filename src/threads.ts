import { createRequire } from 'node:module';
import { extname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';

/**
 * Starts a thread from a script that lies beside the caller, named without its ending, in the form the caller has:
 * compiled, or as it was written, where the loader that runs it is brought along.
 */
export function startThread(script: string, callerUrl: string, options: WorkerOptions): Worker {
  const ending = extname(callerUrl);
  const url = new URL(`${script}${ending}`, callerUrl);
  if (ending !== '.ts') return new Worker(url, { execArgv: [], ...options });
  // The loader's half for `require` cannot be loaded into a thread; the other half lies beside it.
  const resolved = pathToFileURL(createRequire(import.meta.url).resolve('tsx/esm/api'));
  const loader = new URL('./index.mjs', resolved).href;
  const start = `import('${loader}').then(({ register }) => { register(); return import('${url.href}'); })`;
  return new Worker(start, { execArgv: [], ...options, eval: true });
}
