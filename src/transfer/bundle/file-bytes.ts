import { createHash } from 'node:crypto';
import { appendFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What is known of the bytes of a file before they are read. */
export interface ExpectedBytes {
  bytes: number;
  sha256: string;
}

/** Puts the bytes of files aside, one file at a time. */
export class FileBytes {
  private expected: ExpectedBytes = { bytes: 0, sha256: '' };
  private hash = createHash('sha256');
  private received = 0;
  private path = '';
  private number = 0;

  constructor(private readonly folder: string) {}

  /** Begins a file; where its bytes will lie. */
  async begin(expected: ExpectedBytes): Promise<string> {
    this.number += 1;
    this.expected = expected;
    this.hash = createHash('sha256');
    this.received = 0;
    this.path = join(this.folder, String(this.number));
    await writeFile(this.path, '');
    return this.path;
  }

  /** Adds bytes to the file. `spoilt` where they are not the ones that were expected; then nothing is kept. */
  async add(bytes: Uint8Array): Promise<'more' | 'whole' | 'spoilt'> {
    this.received += bytes.length;
    if (this.received <= this.expected.bytes) {
      this.hash.update(bytes);
      await appendFile(this.path, bytes);
      if (this.received < this.expected.bytes) return 'more';
      if (this.hash.digest('hex') === this.expected.sha256) return 'whole';
    }
    await rm(this.path, { force: true });
    return 'spoilt';
  }
}
