import type { Route } from '../route.js';
import { assistantRoutes } from './assistants.js';
import { messageRoutes } from './messages.js';
import { runRoutes } from './runs.js';
import { threadRoutes } from './threads.js';

/** Every route of the OpenAI face, under `/v1`. */
export const openaiRoutes: readonly Route[] = [...assistantRoutes, ...threadRoutes, ...messageRoutes, ...runRoutes];
