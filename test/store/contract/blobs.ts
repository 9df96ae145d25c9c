import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { newId } from '../../../src/domain/ids.js';
import type { User } from '../../../src/domain/user.js';
import type { OpenStore } from '../contract.js';
import { makeFile, makeUser } from '../rows.js';

const now = 9_000_000_000_000;

export function describeBlobs(store: OpenStore): void {
  const newUser = async (): Promise<User> => {
    const user = makeUser();
    await store().users.insert(user);
    return user;
  };

  describe('the bytes of files', () => {
    const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

    it('are given up when nobody has had them for a while, and not before', async () => {
      const user = await newUser();
      const hash = sha256(newId());
      expect(await store().files.reserveBlob(hash, 3, now)).toBe(true);
      const [first, second] = [makeFile(user.id, { sha256: hash }), makeFile(user.id, { sha256: hash })];
      await store().files.insert(first);
      await store().files.insert(second);
      await store().files.delete(user.id, first.id, now + 1);
      expect(await store().files.doomBlobs(now + 10, 1_000)).not.toContain(hash);
      await store().files.delete(user.id, second.id, now + 5);
      expect(await store().files.doomBlobs(now + 4, 1_000)).not.toContain(hash);
      expect(await store().files.doomBlobs(now + 5, 1_000)).toContain(hash);
      expect(await store().files.reserveBlob(hash, 3, now + 6)).toBe(false);
      await store().files.forgetBlob(hash);
      expect(await store().files.reserveBlob(hash, 3, now + 7)).toBe(true);
    });

    it('are given up with their user', async () => {
      const user = await newUser();
      const hash = sha256(newId());
      await store().files.reserveBlob(hash, 3, 1);
      await store().files.insert(makeFile(user.id, { sha256: hash }));
      await store().users.delete(user.id);
      expect(await store().files.doomBlobs(Date.now(), 1_000)).toContain(hash);
    });

    it.each([
      ['nothing', Buffer.alloc(0)],
      ['a few', Buffer.from('a few bytes')],
      ['several pieces', Buffer.alloc(2 * 1024 * 1024 + 17, 'abc')],
      ['exactly two pieces', Buffer.alloc(2 * 1024 * 1024, 'abcd')],
    ])('come back as they were: %s', async (_what, bytes) => {
      const { blobs } = store();
      const staged = await blobs.stage(piecesOf(bytes), 1e9);
      expect(staged).toMatchObject({ bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
      await blobs.keep(staged);
      expect((await whole(blobs.read(staged.sha256))).equals(bytes)).toBe(true);
      await blobs.delete(staged.sha256);
      await expect(blobs.borrow(staged.sha256)).rejects.toMatchObject({ code: 'not_found' });
    });

    it('are refused past their limit', async () => {
      await expect(store().blobs.stage(piecesOf(Buffer.alloc(11)), 10)).rejects.toMatchObject({ code: 'too_large' });
    });
  });
}

async function* piecesOf(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += 100_000) yield bytes.subarray(start, start + 100_000);
}

async function whole(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of content) pieces.push(piece);
  return Buffer.concat(pieces);
}
