import type { Route } from './route.js';

/*
 * By which names the generated documents call the routes. MemGPT 0.3 derived each from its handler's name, the path and
 * the method, and clients that are made from `/openapi.json` at run time call the routes by them.
 */

/** The handlers of MemGPT 0.3.25, by the routes they served. */
const handlers: Record<string, string> = {
  'POST /api/auth': 'authenticate_user',
  'GET /admin/users': 'get_all_users',
  'POST /admin/users': 'create_user',
  'DELETE /admin/users': 'delete_user',
  'GET /admin/users/keys': 'get_api_keys',
  'POST /admin/users/keys': 'create_new_api_key',
  'DELETE /admin/users/keys': 'delete_api_key',
  'GET /admin/tools/{tool_name}': 'get_tool',
  'DELETE /admin/tools/{tool_name}': 'delete_tool',
  'GET /admin/tools': 'list_all_tools',
  'POST /admin/tools': 'create_tool',
  'POST /api/agents/{agent_id}/command': 'run_command',
  'GET /api/agents/{agent_id}/config': 'get_agent_config',
  'PATCH /api/agents/{agent_id}/rename': 'update_agent_name',
  'DELETE /api/agents/{agent_id}': 'delete_agent',
  'GET /api/agents': 'list_agents',
  'POST /api/agents': 'create_agent',
  'GET /api/agents/{agent_id}/memory': 'get_agent_memory',
  'POST /api/agents/{agent_id}/memory': 'update_agent_memory',
  'GET /api/agents/{agent_id}/archival/all': 'get_agent_archival_memory_all',
  'GET /api/agents/{agent_id}/archival': 'get_agent_archival_memory',
  'POST /api/agents/{agent_id}/archival': 'insert_agent_archival_memory',
  'DELETE /api/agents/{agent_id}/archival': 'delete_agent_archival_memory',
  'GET /api/agents/{agent_id}/messages': 'get_agent_messages',
  'POST /api/agents/{agent_id}/messages': 'send_message',
  'GET /api/agents/{agent_id}/messages-cursor': 'get_agent_messages_cursor',
  'GET /api/humans': 'list_humans',
  'POST /api/humans': 'create_human',
  'GET /api/humans/{human_name}': 'get_human',
  'DELETE /api/humans/{human_name}': 'delete_human',
  'GET /api/personas': 'list_personas',
  'POST /api/personas': 'create_persona',
  'GET /api/personas/{persona_name}': 'get_persona',
  'DELETE /api/personas/{persona_name}': 'delete_persona',
  'GET /api/models': 'list_models',
  'GET /api/tools/{tool_name}': 'get_tool',
  'DELETE /api/tools/{tool_name}': 'delete_tool',
  'GET /api/tools': 'list_all_tools',
  'POST /api/tools': 'create_tool',
  'GET /api/sources': 'list_sources',
  'POST /api/sources': 'create_source',
  'DELETE /api/sources/{source_id}': 'delete_source',
  'POST /api/sources/{source_id}/attach': 'attach_source_to_agent',
  'POST /api/sources/{source_id}/detach': 'detach_source_from_agent',
  'GET /api/sources/status/{job_id}': 'get_job_status',
  'POST /api/sources/{source_id}/upload': 'upload_file_to_source',
  'GET /api/sources/{source_id}/passages%20': 'list_passages',
  'GET /api/sources/{source_id}/documents': 'list_documents',
  'GET /api/presets/{preset_name}': 'get_preset',
  'GET /api/presets': 'list_presets',
  'POST /api/presets': 'create_preset',
  'DELETE /api/presets/{preset_name}': 'delete_preset',
  'GET /api/config': 'get_server_config',
};

/** Where the original called a part of the path otherwise than the route here does. */
const originalPaths: Record<string, string> = { 'DELETE /api/presets/{preset_name}': '/api/presets/{preset_id}' };

/** The routes whose names are those of the original, each as its method and path. */
export const originallyNamed: readonly string[] = Object.keys(handlers);

/** The name of a route: the original's where it had one, else one that is made of method and path. */
export function operationIdOf({ method, path }: Pick<Route, 'method' | 'path'>): string {
  const route = `${method.toUpperCase()} ${path}`;
  const handler = handlers[route];
  if (handler === undefined) return `${method}${path.replaceAll(/[^a-z]+/giu, '_')}`;
  return `${handler}${decodeURI(originalPaths[route] ?? path).replaceAll(/\W/gu, '_')}_${method}`;
}
