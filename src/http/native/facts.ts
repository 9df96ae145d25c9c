import type { ServerFacts } from '../../services/server-facts.js';
import { defineRoute, type Route } from '../route.js';
import { configReply, modelListReply } from './catalogue-schemas.js';
import { embeddingConfigToWire, llmConfigToWire } from './wire.js';

const listModels = defineRoute({
  method: 'get',
  path: '/api/models',
  summary: 'The model that an agent gets who asks for no other',
  tag: 'models',
  access: 'public',
  response: modelListReply,
  handle: async ({ services }) => ({ json: { models: [llmConfigToWire(await services.serverFacts.describe())] } }),
});

const readConfig = defineRoute({
  method: 'get',
  path: '/api/config',
  summary: 'How the server is set up, without its secrets',
  tag: 'models',
  access: 'user',
  response: configReply,
  handle: async ({ services, version }) => {
    const config = configToWire(await services.serverFacts.describe(), version);
    return { json: { config, defaults: config } };
  },
});

/** The routes of what the server says of itself. */
export const factRoutes: readonly Route[] = [listModels, readConfig];

function configToWire(facts: ServerFacts, version: string): Record<string, unknown> {
  return {
    config_path: null,
    anon_clientid: facts.defaultUserId,
    preset: facts.preset,
    persona: facts.persona,
    human: facts.human,
    default_llm_config: llmConfigToWire(facts),
    default_embedding_config: embeddingConfigToWire(facts),
    // Where data lie, and with which password, is nobody's business who can only ask over the network.
    archival_storage_type: facts.storage,
    archival_storage_path: null,
    archival_storage_uri: null,
    recall_storage_type: facts.storage,
    recall_storage_path: null,
    recall_storage_uri: null,
    metadata_storage_type: facts.storage,
    metadata_storage_path: null,
    metadata_storage_uri: null,
    persistence_manager_type: null,
    persistence_manager_save_file: null,
    persistence_manager_uri: null,
    memgpt_version: version,
    policies_accepted: true,
  };
}
