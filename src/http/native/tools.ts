import { z } from 'zod';
import type { ShownTool, ToolShelf } from '../../services/stored-tools.js';
import { callerOf, defineRoute, type Route } from '../route.js';
import { toolBody, toolListReply, toolPath, toolReply } from './catalogue-schemas.js';
import { keptToolToWire } from './wire.js';

/** The routes of tools: the caller's own under `/api`, those of the whole house under `/admin`. */
export const toolRoutes: readonly Route[] = [...routesOf('own'), ...routesOf('house')];

function routesOf(shelf: ToolShelf): Route[] {
  const path = shelf === 'own' ? '/api/tools' : '/admin/tools';
  const whose = shelf === 'own' ? 'your own' : 'of the whole server';
  const head = { tag: 'tools', access: shelf === 'own' ? 'user' : 'admin' } as const;
  const one = {
    ...head,
    path: `${path}/{tool_name}`,
    params: toolPath,
    missing: ({ params }: { params: { tool_name: string } }) => `Tool with name ${params.tool_name} not found.`,
  };
  return [
    defineRoute({
      ...head,
      method: 'get',
      path,
      summary: `List tools: those that are built in, and ${whose}`,
      response: toolListReply,
      handle: async (call) => {
        const tools = await call.services.storedTools.list(callerOf(call), shelf);
        return { json: { tools: tools.map(shownToolToWire) } };
      },
    }),
    defineRoute({
      ...head,
      method: 'post',
      path,
      summary: `Keep a tool, ${whose}, as source text that is never run`,
      body: toolBody,
      response: toolReply,
      handle: async (call) => {
        const { body } = call;
        const request = {
          name: body.name,
          sourceCode: body.source_code,
          sourceType: body.source_type,
          jsonSchema: body.json_schema,
          tags: body.tags,
        };
        // Only the releases that sent a schema refused a name that was taken.
        const replace = shelf === 'house' || (body.update ?? (body.json_schema ?? null) === null);
        const tool = shownToolToWire(await call.services.storedTools.keep(callerOf(call), shelf, request, replace));
        // The earlier releases wrapped what the later ones returned bare.
        return { json: { ...tool, tool } };
      },
    }),
    defineRoute({
      ...one,
      method: 'get',
      summary: 'Read a tool by name',
      response: toolReply,
      handle: async (call) => {
        const tool = await call.services.storedTools.findByName(callerOf(call), shelf, call.params.tool_name);
        return { json: shownToolToWire(tool) };
      },
    }),
    defineRoute({
      ...one,
      method: 'delete',
      summary: 'Delete a tool by name; nothing happens where there is none',
      response: z.null(),
      handle: async (call) => {
        await call.services.storedTools.deleteByName(callerOf(call), shelf, call.params.tool_name);
        return { json: null };
      },
    }),
  ];
}

function shownToolToWire(tool: ShownTool): Record<string, unknown> {
  return { ...keptToolToWire(tool), source_code: tool.builtin ? null : tool.sourceCode };
}
