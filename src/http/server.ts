import type { Express } from 'express';
import * as http from 'node:http';
import * as https from 'node:https';
import { limits } from '../domain/limits.js';

/** A certificate and its key, in PEM. */
export interface TlsPair {
  cert: string;
  key: string;
}

/** What Express keeps on an application for the prototypes of its requests and responses. */
interface Prototypes {
  request: object;
  response: object;
}

/**
 * A server for an application; it does not listen yet. Its requests and responses are made with the prototypes that
 * Express would otherwise set on each of them, which costs the engine of Node 20 three quarters of its speed.
 */
export function createServer(app: Express, tls: TlsPair | null = null): http.Server | https.Server {
  const prototypes = app as unknown as Prototypes;

  class Request extends http.IncomingMessage {}
  Object.defineProperties(Request.prototype, chainOf(prototypes.request, http.IncomingMessage.prototype));
  class Response extends http.ServerResponse<Request> {}
  Object.defineProperties(Response.prototype, chainOf(prototypes.response, http.ServerResponse.prototype));

  prototypes.request = Request.prototype;
  prototypes.response = Response.prototype;
  const options = { IncomingMessage: Request, ServerResponse: Response, requestTimeout: limits.requestMs };
  if (tls === null) return http.createServer(options, app);
  return https.createServer({ ...options, ...tls }, app);
}

/** The own properties of all prototypes between an object and the platform's class, the nearest winning. */
function chainOf(start: object, end: object): PropertyDescriptorMap {
  const layers: object[] = [];
  for (let layer: object | null = start; layer !== null && layer !== end; layer = Object.getPrototypeOf(layer)) {
    layers.unshift(layer);
  }
  return Object.assign({}, ...layers.map((layer) => Object.getOwnPropertyDescriptors(layer)));
}
