import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** What collects garbage when it is called. What was collected is freed between two turns of the event loop. */
export function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
