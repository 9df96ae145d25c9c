import { onTestFinished } from 'vitest';
import type { Script } from '../../src/providers/scripted.js';
import type { AppOptions } from '../http/running-app.js';
import { startFace, type OpenaiFace } from '../support/openai-face.js';

/** A face of one test alone. */
export async function open(script: Script, options: Omit<AppOptions, 'script'> = {}): Promise<OpenaiFace> {
  const own = await startFace({ script, ...options });
  onTestFinished(() => own.close());
  return own;
}

/** A call of the function `lookup`. */
export const callOf = (id: string) => ({ id, name: 'lookup', arguments: '{}' });

/** A reply that makes two calls. */
export const twoCalls = { calls: [callOf('call_a'), callOf('call_b')] };

/** Outputs for calls. */
export const outputsFor = (...ids: string[]) => ids.map((id) => ({ tool_call_id: id, output: `for ${id}` }));
