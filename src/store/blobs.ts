import { openBlobFolder } from './blob-folder.js';
import { openBlobTable } from './blob-table.js';
import type { Blobs } from './library.js';
import type { Session } from './sql/session.js';

/** Where the bytes of files lie: `usual` is what suits the database. */
export type PlaceOfFiles = { kind: 'usual' } | { kind: 'database' } | { kind: 'folder'; folder: string };

/** Opens the place of files over a session. `usualFolder` null means that the database itself is the usual place. */
export function openBlobs(place: PlaceOfFiles, usualFolder: string | null, session: Session): Blobs {
  switch (place.kind) {
    case 'folder':
      return openBlobFolder(place.folder);
    case 'database':
      return openBlobTable(session);
    case 'usual':
      return usualFolder === null ? openBlobTable(session) : openBlobFolder(usualFolder);
    default:
      return place satisfies never;
  }
}
