import type { Route } from '../route.js';
import { agentRoutes } from './agents.js';
import { commandRoutes } from './commands.js';
import { memoryRoutes } from './memory.js';
import { messageRoutes } from './messages.js';
import { userRoutes } from './users.js';

/** Every route of the native face, under `/api` and `/admin`. */
export const nativeRoutes: readonly Route[] = [
  ...agentRoutes,
  ...commandRoutes,
  ...memoryRoutes,
  ...messageRoutes,
  ...userRoutes,
];
