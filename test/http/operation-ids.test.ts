import { describe, expect, it } from 'vitest';
import { openApiDocuments } from '../../src/http/openapi.js';
import { originallyNamed } from '../../src/http/operation-ids.js';

interface Described {
  paths: Record<string, Record<string, { operationId: string }>>;
}

const described = openApiDocuments('1.2.3')['openapi.json'] as Described;
const operations = Object.entries(described.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, { operationId }]) => ({
    route: `${method.toUpperCase()} ${path}`,
    operationId,
  })),
);
const idOf = (route: string): string | undefined => operations.find((each) => each.route === route)?.operationId;

describe('the names of operations', () => {
  it('are those by which clients that are made from the document call MemGPT', () => {
    const called = {
      'GET /admin/users': 'get_all_users_admin_users_get',
      'GET /api/models': 'list_models_api_models_get',
      'GET /api/humans/{human_name}': 'get_human_api_humans__human_name__get',
      'DELETE /api/personas/{persona_name}': 'delete_persona_api_personas__persona_name__delete',
      'DELETE /api/presets/{preset_name}': 'delete_preset_api_presets__preset_id__delete',
      'POST /api/agents': 'create_agent_api_agents_post',
      'GET /api/agents/{agent_id}/config': 'get_agent_config_api_agents__agent_id__config_get',
      'POST /api/agents/{agent_id}/messages': 'send_message_api_agents__agent_id__messages_post',
      'GET /api/agents/{agent_id}/messages-cursor':
        'get_agent_messages_cursor_api_agents__agent_id__messages_cursor_get',
      'GET /api/sources/{source_id}/passages%20': 'list_passages_api_sources__source_id__passages__get',
    };
    for (const [route, id] of Object.entries(called)) expect([route, idOf(route)]).toEqual([route, id]);
  });

  it('name one route each', () => {
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('are known of no route that is not served', () => {
    expect(originallyNamed.filter((route) => idOf(route) === undefined)).toEqual([]);
  });
});
