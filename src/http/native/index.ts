import type { Route } from '../route.js';
import { agentRoutes } from './agents.js';
import { archivalRoutes } from './archival.js';
import { blockHistoryRoutes } from './block-history.js';
import { commandRoutes } from './commands.js';
import { factRoutes } from './facts.js';
import { memoryRoutes } from './memory.js';
import { messageRoutes } from './messages.js';
import { presetRoutes } from './presets.js';
import { profileRoutes } from './profiles.js';
import { sourceContentRoutes } from './source-contents.js';
import { sourceRoutes } from './sources.js';
import { toolControlRoutes } from './tool-control.js';
import { toolRoutes } from './tools.js';
import { transferRoutes } from './transfers.js';
import { userRoutes } from './users.js';

/** Every route of the native face, under `/api` and `/admin`. */
export const nativeRoutes: readonly Route[] = [
  ...agentRoutes,
  ...archivalRoutes,
  ...blockHistoryRoutes,
  ...commandRoutes,
  ...factRoutes,
  ...memoryRoutes,
  ...messageRoutes,
  ...presetRoutes,
  ...profileRoutes,
  ...sourceRoutes,
  ...sourceContentRoutes,
  ...toolControlRoutes,
  ...toolRoutes,
  ...transferRoutes,
  ...userRoutes,
];
