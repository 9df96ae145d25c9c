import { describe, expect, it } from 'vitest';
import { newId } from '../../../src/domain/ids.js';
import { partPurpose, type Upload } from '../../../src/domain/upload.js';
import type { OpenStore } from '../contract.js';
import { makeConversation, makeFile, makeUser } from '../rows.js';

const makeUpload = (ownerId: string): Upload => ({
  id: newId(),
  ownerId,
  name: 'big.txt',
  mimeType: 'text/plain',
  purpose: 'assistants',
  bytes: 12,
  status: 'pending',
  fileLifeMs: 3_600_000,
  fileId: null,
  createdAt: 1_000,
  expiresAt: 3_601_000,
});

/** Files that are sent in parts, and what faces keep beside conversations. */
export function describeUploads(open: OpenStore): void {
  describe('uploads', () => {
    it('come back as they were written, to their owner alone', async () => {
      const store = open();
      const [owner, other] = [makeUser(), makeUser()];
      for (const user of [owner, other]) await store.users.insert(user);
      const upload = makeUpload(owner.id);
      await store.uploads.insert(upload);
      expect(await store.uploads.get(owner.id, upload.id)).toEqual(upload);
      expect(await store.uploads.get(other.id, upload.id)).toBeNull();
    });

    it('end once, whoever comes second', async () => {
      const store = open();
      const owner = makeUser();
      await store.users.insert(owner);
      const upload = makeUpload(owner.id);
      await store.uploads.insert(upload);
      const fileId = newId();
      expect(await store.uploads.end(upload.id, 'completed', fileId)).toBe(true);
      expect(await store.uploads.end(upload.id, 'cancelled', null)).toBe(false);
      expect(await store.uploads.get(owner.id, upload.id)).toEqual({ ...upload, status: 'completed', fileId });
    });

    it('have parts that no list of files shows', async () => {
      const store = open();
      const owner = makeUser();
      await store.users.insert(owner);
      const [file, part] = [makeFile(owner.id), makeFile(owner.id, { purpose: partPurpose })];
      for (const one of [file, part]) await store.files.insert(one);
      const everything = { limit: 10, order: 'asc' } as const;
      expect((await store.files.page(owner.id, everything)).items.map(({ id }) => id)).toEqual([file.id]);
      expect((await store.files.page(owner.id, { ...everything, purpose: partPurpose })).items).toEqual([]);
      expect((await store.files.get(owner.id, part.id))?.id).toBe(part.id);
    });
  });

  describe('a conversation', () => {
    it('keeps what a face must give back, also when that is changed', async () => {
      const store = open();
      const owner = makeUser();
      await store.users.insert(owner);
      const conversation = makeConversation(owner.id, { faceData: { codeFileIds: ['a'] } });
      await store.conversations.insert(conversation);
      expect(await store.conversations.get(owner.id, conversation.id)).toEqual(conversation);
      const changed = { ...conversation, faceData: { codeFileIds: [] } };
      await store.conversations.update(changed);
      expect(await store.conversations.get(owner.id, conversation.id)).toEqual(changed);
    });
  });
}
