import type { Route } from '../../route.js';
import { lettaAdminRoutes } from './admin.js';
import { lettaAgentToolRoutes } from './agent-tools.js';
import { lettaAgentRoutes } from './agents.js';
import { lettaBlockHistoryRoutes } from './block-history.js';
import { lettaBlockRoutes } from './blocks.js';
import { lettaCoreBlockRoutes } from './core-blocks.js';
import { lettaMemoryRoutes } from './memory.js';
import { lettaMessageRoutes } from './messages.js';
import { lettaModelRoutes } from './models.js';
import { lettaSharedBlockRoutes } from './shared-blocks.js';
import { lettaSourceFileRoutes } from './source-files.js';
import { lettaSourceRoutes } from './sources.js';
import { lettaToolRoutes } from './tools.js';

/** Every route of Letta 0.4, under `/v1`. */
export const lettaRoutes: readonly Route[] = [
  ...lettaAgentRoutes,
  ...lettaMemoryRoutes,
  ...lettaMessageRoutes,
  ...lettaBlockRoutes,
  ...lettaBlockHistoryRoutes,
  ...lettaSharedBlockRoutes,
  ...lettaCoreBlockRoutes,
  ...lettaSourceRoutes,
  ...lettaSourceFileRoutes,
  ...lettaToolRoutes,
  ...lettaAgentToolRoutes,
  ...lettaModelRoutes,
  ...lettaAdminRoutes,
];
