import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { healthRoutes } from '../../../../src/http/health.js';
import { nativeRoutes } from '../../../../src/http/native/index.js';
import { lettaRoutes } from '../../../../src/http/native/letta/index.js';
import { startReadingFace, type ReadingFace } from '../../../support/reading-face.js';
import { newClient } from './client.js';
import { lettaAdministrationCases } from './letta-administration.js';
import { lettaAgentCases } from './letta-agents.js';
import { lettaCatalogueCases } from './letta-catalogue.js';
import { lettaLaterCases } from './letta-later.js';
import { lettaMessageCases } from './letta-messages.js';
import { lettaSourceCases } from './letta-sources.js';
import { memgptAdministrationCases } from './memgpt-administration.js';
import { memgptAgentCases } from './memgpt-agents.js';
import { memgptCatalogueCases } from './memgpt-catalogue.js';
import { memgptMemoryCases } from './memgpt-memory.js';
import { memgptMessageCases } from './memgpt-messages.js';
import { memgptSourceCases } from './memgpt-sources.js';
import type { RouteCase } from './route-case.js';
import { greeting } from './things.js';

/*
 * Every route of the native face, as the clients of its eras ask it: one valid request with the shape and the effect of
 * its reply, and one that is refused and changes nothing.
 */

const tables: Record<string, readonly RouteCase[]> = {
  'agents of MemGPT': memgptAgentCases,
  'memory of MemGPT': memgptMemoryCases,
  'messages of MemGPT': memgptMessageCases,
  'profiles, presets and tools of MemGPT': memgptCatalogueCases,
  'sources of MemGPT': memgptSourceCases,
  'users, keys and facts': memgptAdministrationCases,
  'agents of Letta': lettaAgentCases,
  'messages of Letta': lettaMessageCases,
  'blocks and tools of Letta': lettaCatalogueCases,
  'sources of Letta': lettaSourceCases,
  'tools, files, blocks and archives of later Letta': lettaLaterCases,
  'administration of Letta': lettaAdministrationCases,
};
const rows = Object.values(tables).flat();

let house: ReadingFace;
beforeAll(async () => {
  const calls = [{ name: 'send_message', arguments: { message: greeting.words } }];
  house = await startReadingFace({ script: () => ({ text: greeting.thought, calls }) });
});
afterAll(async () => {
  await house.close();
  expect(house.faults).toEqual([]);
});

/** The paths under which a row is asked. Letta's clients end collections with a slash, and have a second prefix. */
function spellingsOf({ route, eras }: RouteCase): string[] {
  const [, path = ''] = route.split(' ');
  if (!eras.includes('letta-0.4') || !path.startsWith('/v1/') || path.endsWith('/')) return [path];
  return path.startsWith('/v1/admin/') ? [path, `${path}/`] : [path, `${path.replace('/v1/', '/latest/')}/`];
}

const isAdministrators = (path: string): boolean => /^\/(?:admin|api\/admin|v1\/admin)\//u.test(path);

describe.each(Object.entries(tables))('%s', (_name, table) => {
  const asked = table.flatMap((row) =>
    spellingsOf(row).map((path) => [`${row.route.split(' ')[0] ?? ''} ${path} ${row.form}`.trim(), path, row] as const),
  );
  it.each(asked)('%s is served in full, and refused where it cannot be', async (_title, path, row) => {
    const client = await newClient(house.app, isAdministrators(path));
    const sent = await row.isServed(client, path);
    await row.isRefused(client, path, sent);
  });
});

/** A route without the names of its parameters, which differ from table to table, and without a slash at its end. */
const normal = (route: string): string => route.replaceAll(/\{[\w-]+\}/gu, '{}').replace(/\/$/u, '');
const covered = new Set(rows.flatMap((row) => row.eras.map((era) => `${era} ${normal(row.route)}`)));

/** Routes that no old server had; each has a test of its own. */
const beyond =
  /^\/admin\/(?:import|export)|\/context$|\/memory\/search$|\/(?:history|undo|redo|tool-rules|approvals)$|\/core-memory\/blocks\/|\/blocks\/\{\w+\}\/agents$/u;

describe('the tables', () => {
  it('have a row for every route of the old servers that is served', () => {
    const known = new Set(rows.map((row) => normal(row.route)));
    const served = [...nativeRoutes, ...lettaRoutes, ...healthRoutes]
      .filter(({ path }) => !beyond.test(path))
      .map(({ method, path }) => `${method.toUpperCase()} ${path}`);
    expect(served.filter((route) => !known.has(normal(route)))).toEqual([]);
  });

  it('have no row for a route that nobody serves', () => {
    const pages = ['/docs', '/redoc', '/docs/oauth2-redirect', '/openapi.json', '/v1/models'].map(
      (path) => `GET ${path}`,
    );
    const served = [...nativeRoutes, ...lettaRoutes, ...healthRoutes].map(({ method, path }) =>
      normal(`${method.toUpperCase()} ${path}`),
    );
    const known = new Set([...served, ...pages]);
    expect(rows.map((row) => normal(row.route)).filter((route) => !known.has(route))).toEqual([]);
  });
});

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const published = join(root, ...['..', 'shared', 'reference', 'native-routes.tsv']);

/** The originals' OpenAI facade, which the other face serves, and the pages of their web interface, which are not here. */
const elsewhere =
  /^(?:\/v1\/(?:assistants|threads|chat)|\/openai)|^\/(?:\{any\}|agent-templates|agents|assets|data-sources|human-templates|settings|tools|\w+\.png)?(?:\/|$)/u;

describe.skipIf(!existsSync(published))('the published table of routes', () => {
  it('has no route of any era without a row here', () => {
    const routes = readFileSync(published, 'utf8')
      .split('\n')
      .map((line) => line.split('\t'))
      .filter(([, , path]) => path !== undefined && !elsewhere.test(path))
      .map(([era = '', method = '', path = '']) => `${era} ${method} ${normal(path.replace('/latest/', '/v1/'))}`);
    expect(routes.length).toBeGreaterThan(200);
    expect(routes.filter((route) => !covered.has(route))).toEqual([]);
  });
});
