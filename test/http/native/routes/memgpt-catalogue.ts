import { expect } from 'vitest';
import { z } from 'zod';
import type { Client } from './client.js';
import * as shapes from './memgpt-shapes.js';
import { memgpt, nobody, routeCase, withoutCredential, type RouteCase } from './route-case.js';
import { coreMemory, newAgent, pythonSource } from './things.js';

/** Humans and personas, which differ in their names alone. */
const profiles: RouteCase[] = (['human', 'persona'] as const).flatMap((label) => {
  const all = z.strictObject({ [`${label}s`]: z.array(shapes.profile) });
  const path = `/api/${label}s`;
  const own = { name: 'ines', text: 'Name: Inés' };
  const kept = async (client: Client) => {
    await client.ok(shapes.profile, 'POST', path, { body: own });
    return { path: { [`${label}_name`]: 'ines' } };
  };
  const namesOf = async (client: Client): Promise<string[]> =>
    ((await client.ok(all, 'GET', path))[`${label}s`] ?? []).map((profile) => profile.name);
  const missing = label === 'human' ? 'Human not found' : 'Persona not found';
  const unknown = { but: { path: { [`${label}_name`]: 'stranger' } }, status: 404, says: missing };
  return [
    routeCase({
      route: `GET ${path}`,
      eras: memgpt,
      send: kept,
      shape: all,
      effect: ({ client, reply }) => {
        const shown = reply[`${label}s`] ?? [];
        expect(shown.find((profile) => profile.name === 'ines')).toMatchObject({ text: own.text, user_id: client.id });
        expect(shown.map((profile) => profile.name)).toContain(label === 'human' ? 'cs_phd' : 'sam_pov');
      },
      refusal: withoutCredential,
    }),
    routeCase({
      route: `POST ${path}`,
      eras: memgpt,
      send: () => ({ body: own }),
      shape: shapes.profile,
      effect: async ({ client, reply }) => {
        expect(reply).toMatchObject({ ...own, user_id: client.id });
        const id = await newAgent(client, { [label]: 'ines' });
        expect(await coreMemory(client, id)).toMatchObject({ [label]: own.text });
      },
      refusal: { but: { body: { name: 'nameless' } }, status: 422, says: ['missing', 'body', 'text'] },
    }),
    routeCase({
      route: `GET ${path}/{${label}_name}`,
      eras: ['memgpt-late'],
      send: kept,
      shape: shapes.profile,
      effect: ({ reply }) => expect(reply).toMatchObject(own),
      refusal: unknown,
    }),
    routeCase({
      route: `DELETE ${path}/{${label}_name}`,
      eras: ['memgpt-late'],
      send: kept,
      shape: shapes.profile,
      effect: async ({ client, reply }) => {
        expect(reply).toMatchObject(own);
        expect(await namesOf(client)).not.toContain('ines');
      },
      refusal: unknown,
    }),
  ];
});

const presetShape = z.strictObject({ preset: shapes.preset });
const presetList = z.strictObject({ presets: z.array(shapes.preset) });
const tutor = {
  name: 'tutor',
  id: null,
  description: 'Teaches.',
  system: 'Teach gently.',
  persona: 'I am Mira.',
  persona_name: 'mira',
  human: 'Name: Inés',
  human_name: 'ines',
  functions_schema: [{ name: 'send_message', description: 'Speaks.', parameters: { type: 'object', properties: {} } }],
};
const keptPreset = (client: Client) => client.ok(presetShape, 'POST', '/api/presets', { body: tutor });

const presets: RouteCase[] = [
  routeCase({
    route: 'GET /api/presets',
    eras: memgpt,
    send: async (client) => ({ made: await keptPreset(client) }),
    shape: presetList,
    effect: ({ reply, sent: { made } }) => {
      expect(reply.presets).toContainEqual(made.preset);
      const names = reply.presets.map((preset) => preset.name);
      expect(names).toEqual(expect.arrayContaining(['memgpt_chat', 'memgpt_docs', 'memgpt_extras']));
    },
    refusal: withoutCredential,
  }),
  routeCase({
    route: 'POST /api/presets',
    eras: memgpt,
    send: () => ({ body: tutor }),
    shape: presetShape,
    effect: async ({ client, reply }) => {
      const { id: _id, ...told } = tutor;
      expect(reply.preset).toMatchObject({ ...told, user_id: client.id });
      const body = { config: { name: 'Pupil', preset: 'tutor', persona: null, human: null } };
      const made = await client.ok(shapes.createdAgent, 'POST', '/api/agents', { body });
      expect(made.agent_state).toMatchObject({ preset: 'tutor', system: 'Teach gently.', persona: 'I am Mira.' });
      expect(made.preset).toMatchObject({ name: 'tutor', human: 'Name: Inés' });
    },
    refusal: { status: 400, says: 'Preset with name tutor already exists.' },
  }),
  routeCase({
    route: 'POST /api/presets',
    eras: ['memgpt-late'],
    form: 'with names of profiles in place of texts, as from 0.3.15',
    send: () => ({ body: { name: 'named', system_name: 'memgpt_doc', human_name: 'cs_phd', functions_schema: [] } }),
    shape: presetShape,
    effect: ({ reply: { preset } }) => {
      expect(preset).toMatchObject({ system_name: 'memgpt_doc', human_name: 'cs_phd' });
      expect([preset.system, preset.human, preset.persona].every((text) => text.length > 50)).toBe(true);
    },
    refusal: { but: { body: { name: 'x' } }, status: 422, says: ['missing', 'body', 'functions_schema'] },
  }),
  routeCase({
    route: 'GET /api/presets/{preset_name}',
    eras: ['memgpt-late'],
    send: async (client) => ({ made: await keptPreset(client), path: { preset_name: 'tutor' } }),
    shape: shapes.preset,
    effect: ({ reply, sent: { made } }) => expect(reply).toEqual(made.preset),
    refusal: { but: { path: { preset_name: 'stranger' } }, status: 404, says: 'preset stranger does not exist' },
  }),
  routeCase({
    route: 'DELETE /api/presets/{preset_name}',
    eras: memgpt,
    send: async (client) => ({ path: { preset_name: (await keptPreset(client)).preset.id } }),
    shape: shapes.confirmation,
    effect: async ({ client, reply, sent: { path } }) => {
      expect(reply.message).toBe(`Preset preset_id=${path.preset_name} successfully deleted`);
      expect(await client.status('GET', '/api/presets/tutor')).toBe(404);
    },
    refusal: {
      but: { path: { preset_name: nobody } },
      status: 404,
      says: `Preset preset_id=${nobody} does not exist`,
    },
  }),
];

const toolList = z.strictObject({ tools: z.array(shapes.tool) });
const madeTool = shapes.tool.extend({ tool: shapes.tool });
const source = { name: 'tell_tide', source_code: pythonSource, source_type: 'python' };

/** The caller's own tools, and those of the whole server. */
const tools: RouteCase[] = (['/api/tools', '/admin/tools'] as const).flatMap((path) => {
  const eras = path === '/api/tools' ? memgpt : (['memgpt-late'] as const);
  const late = ['memgpt-late'] as const;
  const kept = async (client: Client) => {
    await client.ok(madeTool, 'POST', path, { body: { ...source, tags: ['sea'] } });
    return { path: { tool_name: 'tell_tide' } };
  };
  const unknown = { but: { path: { tool_name: 'stranger' } }, status: 404, says: 'Tool with name stranger not found.' };
  return [
    routeCase({
      route: `GET ${path}`,
      eras,
      send: kept,
      shape: toolList,
      effect: ({ reply }) => {
        expect(reply.tools.map((tool) => tool.name)).toEqual(
          expect.arrayContaining(['tell_tide', 'send_message', 'core_memory_append', 'archival_memory_search']),
        );
      },
      refusal: withoutCredential,
    }),
    routeCase({
      route: `POST ${path}`,
      eras,
      form: 'with name and source',
      send: () => ({ body: { ...source, tags: ['sea'] } }),
      shape: madeTool,
      effect: async ({ client, reply }) => {
        expect(reply).toMatchObject({ ...source, tags: ['sea'], user_id: path === '/api/tools' ? client.id : null });
        expect(reply.json_schema).toMatchObject({
          name: 'tell_tide',
          description: 'Tells when the tide comes.',
          parameters: { properties: { port: { type: 'string' } }, required: ['port'] },
        });
        expect(await client.ok(shapes.tool, 'GET', `${path}/tell_tide`)).toEqual(reply.tool);
      },
      refusal: { but: { body: { name: 'tell_tide' } }, status: 422, says: ['missing', 'body', 'source_code'] },
    }),
    routeCase({
      route: `POST ${path}`,
      eras: late,
      form: 'with a schema, again and again, as from 0.3.19',
      send: async (client) => {
        await kept(client);
        const json_schema = {
          name: 'tell_tide',
          description: 'Tides.',
          parameters: { type: 'object', properties: {} },
        };
        return { body: { source_code: pythonSource, source_type: 'python', tags: [], json_schema, update: true } };
      },
      shape: madeTool,
      effect: async ({ client, reply, sent: { body } }) => {
        expect(reply.json_schema).toMatchObject({ name: 'tell_tide', description: 'Tides.' });
        const read = await client.ok(shapes.tool, 'GET', `${path}/tell_tide`);
        expect([read.id, read.tags, read.json_schema]).toEqual([reply.id, [], body.json_schema]);
      },
      refusal: { but: { body: { source_code: 7 } }, status: 422, says: ['string_type', 'body', 'source_code'] },
    }),
    routeCase({
      route: `GET ${path}/{tool_name}`,
      eras: late,
      send: kept,
      shape: shapes.tool,
      effect: ({ reply }) => expect(reply).toMatchObject({ ...source, tags: ['sea'] }),
      refusal: unknown,
    }),
    routeCase({
      route: `DELETE ${path}/{tool_name}`,
      eras: late,
      send: kept,
      shape: z.null(),
      effect: async ({ client }) => expect(await client.status('GET', `${path}/tell_tide`)).toBe(404),
      refusal: withoutCredential,
    }),
  ];
});

/** Humans, personas, presets and tools of MemGPT. */
export const memgptCatalogueCases: readonly RouteCase[] = [...profiles, ...presets, ...tools];
