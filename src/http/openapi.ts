import { OpenAPIRegistry, OpenApiGeneratorV31, type RouteConfig } from '@asteasolutions/zod-to-openapi';
import type { z } from 'zod';
import type { DocumentName } from './documents.js';
import { faces, isOpenaiPath } from './faces.js';
import { errorReply, inputFaultReply } from './native/replies.js';
import { operationIdOf } from './operation-ids.js';
import type { Route } from './route.js';

/** Describes every route that is served, from the very tables they are served from. */
export function openApiDocuments(version: string): Record<DocumentName, object> {
  const routes = faces.flatMap((face) => face.routes);
  const native = routes.filter((route) => !isOpenaiPath(route.path));
  const assistants = routes.filter((route) => isOpenaiPath(route.path));
  return {
    'openapi.json': documentOf('Threadkeeper', version, routes),
    'openapi_letta.json': documentOf('Letta API', version, native),
    'openapi_memgpt.json': documentOf('MemGPT API', version, native),
    'openapi_assistants.json': documentOf('OpenAI Assistants API', version, assistants),
  };
}

function documentOf(title: string, version: string, routes: readonly Route[]): object {
  const registry = new OpenAPIRegistry();
  const bearer = registry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    description: 'The admin password, or the API key of a user.',
  });
  for (const route of routes) registry.registerPath(pathOf(route, bearer.name));
  const generator = new OpenApiGeneratorV31(registry.definitions);
  return generator.generateDocument({ openapi: '3.1.0', info: { title, version } });
}

function pathOf(route: Route, security: string): RouteConfig {
  const json = (schema: z.ZodType): { 'application/json': { schema: z.ZodType } } => ({
    'application/json': { schema },
  });
  const takesInput = route.params !== null || route.query !== null || route.body !== null;
  // A body on GET is read where old clients send one, and has no place in the document.
  const body = route.method === 'get' ? null : route.body;
  const content =
    route.form === null ? (body === null ? null : json(body)) : { 'multipart/form-data': { schema: route.form } };
  return {
    method: route.method,
    path: route.path,
    summary: route.summary,
    tags: [route.tag],
    operationId: operationIdOf(route),
    security: route.access === 'public' ? [] : [{ [security]: [] }],
    request: {
      ...(route.params === null ? {} : { params: asObject(route.params) }),
      ...(route.query === null ? {} : { query: asObject(route.query) }),
      ...(content === null ? {} : { body: { content } }),
    },
    responses: {
      200: {
        description: 'Done.',
        content: { ...json(route.response), ...(route.streams ? { 'text/event-stream': {} } : {}) },
      },
      ...(takesInput ? { 422: { description: 'The input does not fit.', content: json(inputFaultReply) } } : {}),
      default: { description: 'Refused.', content: json(errorReply) },
    },
  };
}

/** Parameters are always declared as objects; the type of a route's schema says only that it is one. */
function asObject(schema: z.ZodType): z.ZodObject {
  return schema as z.ZodObject;
}
