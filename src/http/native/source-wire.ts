import { totalOf, type Library, type LibraryFile, type LibraryPassage } from '../../domain/library.js';
import type { LibraryDocument, LibraryOverview, UploadedFile } from '../../services/library-views.js';
import type { Services } from '../../services/services.js';
import { embeddingConfigToWire, toIsoTime } from './wire.js';

type Wire = Record<string, unknown>;

/** A source as the replies of creation and change show it: its time in seconds. `services` knows who makes vectors. */
export function newSourceToWire(library: Library, services: Services): Wire {
  return { ...sourceToWire(library, services), created_at: library.createdAt / 1_000 };
}

/**
 * A source as every other reply shows it. `services` knows who makes vectors; the clients read `embedding_dim` and
 * `embedding_model` without looking whether there is a configuration, so there is one always.
 */
export function sourceToWire(library: Library, services: Services): Wire {
  return {
    id: library.id,
    name: library.name,
    description: library.description,
    user_id: library.ownerId,
    created_at: toIsoTime(library.createdAt),
    embedding_config: embeddingConfigToWire({ embedder: services.serverFacts.embedder() }),
    metadata_: null,
  };
}

/** A source in a list, with what it holds and who has it. */
export function listedSourceToWire(overview: LibraryOverview, services: Services): Wire {
  return { ...sourceToWire(overview.library, services), metadata_: contentsOf(overview, (id) => id) };
}

/** What a source holds and who has it. `spell` writes the ids of agents. */
export function contentsOf({ library, agents }: LibraryOverview, spell: (agentId: string) => string): Wire {
  return {
    num_documents: totalOf(library.counts),
    num_passages: library.passageCount,
    attached_agents: agents.map(({ id, name }) => ({ id: spell(id), name: name ?? spell(id) })),
  };
}

/** The status of a job, in the words of the old servers. */
export function jobStatusOf(file: LibraryFile): 'created' | 'running' | 'completed' | 'failed' {
  switch (file.status) {
    case 'in_progress':
      return file.started ? 'running' : 'created';
    case 'completed':
      return 'completed';
    case 'failed':
    case 'cancelled':
      return 'failed';
    default:
      return file.status satisfies never;
  }
}

/** What a job tells beside its status: how far it is, what came of it, what went wrong. */
export function jobDetailsOf({ file, name }: UploadedFile, sourceId: string): Wire {
  const isDone = file.status === 'completed';
  const error = file.status === 'cancelled' ? 'The job was cancelled.' : file.error?.message;
  return {
    type: 'embedding',
    filename: name,
    source_id: sourceId,
    progress: { ...file.progress },
    num_passages: file.passageCount,
    num_documents: isDone ? 1 : 0,
    ...(error === undefined ? {} : { error }),
    ...(file.note === null ? {} : { note: file.note }),
  };
}

/** A file on its way into a source. */
export function jobToWire(uploaded: UploadedFile): Wire {
  const { file } = uploaded;
  return {
    id: file.id,
    status: jobStatusOf(file),
    created_at: toIsoTime(file.createdAt),
    completed_at: file.endedAt === null ? null : toIsoTime(file.endedAt),
    user_id: file.ownerId,
    metadata_: jobDetailsOf(uploaded, file.libraryId),
  };
}

/** What an upload came to, as far as it has come. */
export function uploadToWire(library: Library, { file }: UploadedFile, services: Services): Wire {
  return {
    source: sourceToWire(library, services),
    added_passages: file.passageCount,
    added_documents: file.status === 'completed' ? 1 : 0,
  };
}

/** A passage of a source. */
export function sourcePassageToWire(library: Library, passage: LibraryPassage): Wire {
  return {
    id: passage.id,
    user_id: library.ownerId,
    agent_id: null,
    text: passage.text,
    embedding: null,
    embedding_config: null,
    data_source: library.name,
    doc_id: passage.fileId,
    metadata: { file_name: passage.fileName, position: passage.position },
  };
}

/** A document of a source, with the beginning of its text. */
export function documentToWire(library: Library, document: LibraryDocument): Wire {
  const { file, name, text } = document;
  return {
    id: file.fileId,
    user_id: library.ownerId,
    text,
    data_source: library.name,
    metadata: { file_name: name, status: file.status, num_passages: file.passageCount },
  };
}
