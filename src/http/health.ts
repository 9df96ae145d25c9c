import { z } from 'zod';
import { defineRoute, type Route } from './route.js';

const health = z.object({ version: z.string(), status: z.literal('ok') }).meta({ id: 'Health' });

/** Says that the server answers, at the paths where monitors look for it. */
export const healthRoutes: readonly Route[] = ['/health', '/v1/health', '/latest/health'].map((path) =>
  defineRoute({
    method: 'get',
    path,
    summary: 'Is the server there?',
    tag: 'health',
    access: 'public',
    response: health,
    handle: async ({ version }) => ({ json: { version, status: 'ok' } }),
  }),
);
