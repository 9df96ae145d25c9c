import { healthRoutes } from './health.js';
import type { Dialect, ErrorAnswer } from './mount.js';
import { detail, nativeDialect } from './native/errors.js';
import { nativeRoutes } from './native/index.js';
import { lettaDialect } from './native/letta/dialect.js';
import { lettaRoutes } from './native/letta/index.js';
import { openaiDialect } from './openai/dialect.js';
import { toAnswer as toOpenaiAnswer, unknownUrl } from './openai/errors.js';
import { openaiRoutes } from './openai/index.js';
import type { Route } from './route.js';

/** A table of routes and the dialect in which they refuse. */
export interface Face {
  routes: readonly Route[];
  dialect: Dialect;
}

/** All faces that are served, and described in the generated documents. */
export const faces: readonly Face[] = [
  { routes: [...healthRoutes, ...nativeRoutes], dialect: nativeDialect },
  { routes: lettaRoutes, dialect: lettaDialect },
  { routes: openaiRoutes, dialect: openaiDialect },
];

/** How a path refuses that no route answers to, or that failed before one was found. */
export interface PathDialect {
  toAnswer(error: unknown): ErrorAnswer;
  unknownPath(method: string, path: string): ErrorAnswer;
}

const openaiPath = /^\/(?:openai|v1)(?:\/|$)/u;
/** What stands under `/v1` in the later native servers. */
const nativePath = /^\/v1\/(?:agents|blocks|sources|tools|jobs|health|admin|auth|models\/embedding)(?:\/|$)/u;

/** True for the paths of the OpenAI face, defined or not. */
export function isOpenaiPath(path: string): boolean {
  return openaiPath.test(path) && !nativePath.test(path);
}

/** The dialect of a path's prefix. */
export function dialectOf(path: string): PathDialect {
  if (isOpenaiPath(path)) return { toAnswer: toOpenaiAnswer, unknownPath: unknownUrl };
  return { toAnswer: nativeDialect.toAnswer, unknownPath: () => detail(404, 'Not Found') };
}
