import type { Route } from '../route.js';
import { assistantRoutes } from './assistants.js';
import { chatRoutes } from './chat-completions.js';
import { embeddingRoutes } from './embeddings.js';
import { fileRoutes } from './files.js';
import { messageRoutes } from './messages.js';
import { modelRoutes } from './models.js';
import { runRoutes } from './runs.js';
import { threadRoutes } from './threads.js';
import { uploadRoutes } from './uploads.js';
import { vectorStoreFileRoutes } from './vector-store-files.js';
import { vectorStoreRoutes } from './vector-stores.js';

/** Every route of the OpenAI face, under `/v1`. */
export const openaiRoutes: readonly Route[] = [
  ...assistantRoutes,
  ...threadRoutes,
  ...messageRoutes,
  ...runRoutes,
  ...modelRoutes,
  ...embeddingRoutes,
  ...chatRoutes,
  ...fileRoutes,
  ...uploadRoutes,
  ...vectorStoreRoutes,
  ...vectorStoreFileRoutes,
];
