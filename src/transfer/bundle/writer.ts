import { noContent } from '../../domain/file.js';
import type { Store } from '../../store/store.js';
import { bundleVersion } from './schemas.js';
import { thingsIn, type ExportScope } from './things.js';

/** Bytes of a file that one line holds: a multiple of three, which is what base64 takes at a time. */
const bytesPerLine = 192 * 1024;

/**
 * Writes a bundle, line by line: the same lines for the same state. It holds no keys, no passwords, no logs of runs, no
 * run that has not ended, and vectors only where these are wanted.
 */
export async function* bundleLines(scope: ExportScope, store: Store, hasVectors = false): AsyncGenerator<string> {
  let lines = 1;
  yield `${JSON.stringify({ format: 'threadkeeper-bundle', version: bundleVersion })}\n`;
  for await (const { kind, ownerId, value } of thingsIn(scope, store.transfers, hasVectors)) {
    lines += 1;
    yield `${JSON.stringify({ kind, ...(ownerId === null ? {} : { owner: ownerId }), value })}\n`;
    if (kind !== 'file' || value.sha256 === noContent) continue;
    for await (const base64 of base64Of(store.blobs.read(value.sha256))) {
      lines += 1;
      yield `${JSON.stringify({ kind: 'bytes', base64 })}\n`;
    }
  }
  yield `${JSON.stringify({ kind: 'end', lines })}\n`;
}

/** Bytes as base64, always cut at the same places. */
async function* base64Of(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let rest = Buffer.alloc(0);
  for await (const piece of bytes) {
    rest = Buffer.concat([rest, piece]);
    while (rest.length >= bytesPerLine) {
      yield rest.subarray(0, bytesPerLine).toString('base64');
      rest = rest.subarray(bytesPerLine);
    }
  }
  if (rest.length > 0) yield rest.toString('base64');
}
