import { toLettaId } from '../../../domain/ids.js';
import type { Library, LibraryPassage } from '../../../domain/library.js';
import type { LibraryDocument, LibraryOverview, UploadedFile } from '../../../services/library-views.js';
import type { Services } from '../../../services/services.js';
import { contentsOf, jobDetailsOf, jobStatusOf } from '../source-wire.js';
import { embeddingConfigToWire, toLettaTime } from './wire.js';

type Wire = Record<string, unknown>;

/** A source. `services` knows who makes vectors. */
export function sourceToWire(library: Library, services: Services): Wire {
  return {
    id: toLettaId('library', library.id),
    name: library.name,
    embedding_config: embeddingConfigToWire({ embedder: services.serverFacts.embedder() }),
    created_at: toLettaTime(library.createdAt),
    user_id: toLettaId('user', library.ownerId),
    description: library.description,
    metadata_: library.faceData['metadata'] ?? null,
  };
}

/** A source in a list, with what it holds and who has it. */
export function listedSourceToWire(overview: LibraryOverview, services: Services): Wire {
  const contents = contentsOf(overview, (id) => toLettaId('agent', id));
  return { ...sourceToWire(overview.library, services), metadata_: contents };
}

/** A file on its way into a source. */
export function jobToWire(uploaded: UploadedFile): Wire {
  const { file } = uploaded;
  return {
    id: toLettaId('job', file.id),
    status: jobStatusOf(file),
    created_at: toLettaTime(file.createdAt),
    completed_at: file.endedAt === null ? null : toLettaTime(file.endedAt),
    user_id: toLettaId('user', file.ownerId),
    metadata_: jobDetailsOf(uploaded, toLettaId('library', file.libraryId)),
  };
}

/** A passage of a source. */
export function sourcePassageToWire(library: Library, passage: LibraryPassage): Wire {
  return {
    id: toLettaId('passage', passage.id),
    text: passage.text,
    embedding: null,
    embedding_config: null,
    created_at: toLettaTime(passage.createdAt),
    user_id: toLettaId('user', library.ownerId),
    agent_id: null,
    source_id: toLettaId('library', library.id),
    doc_id: toLettaId('file', passage.fileId),
    metadata_: { file_name: passage.fileName, position: passage.position },
  };
}

/** A document of a source, with the beginning of its text. */
export function documentToWire(library: Library, { file, name, text }: LibraryDocument): Wire {
  return {
    id: toLettaId('file', file.fileId),
    text,
    source_id: toLettaId('library', library.id),
    user_id: toLettaId('user', library.ownerId),
    metadata_: { file_name: name, status: file.status, num_passages: file.passageCount },
  };
}
