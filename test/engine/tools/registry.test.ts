import { describe, expect, it } from 'vitest';
import { nativeTools } from '../../../src/domain/assistant.js';
import { classicTools, createToolRegistry } from '../../../src/engine/tools/registry.js';
import type { Tool } from '../../../src/engine/tools/tool.js';

const registry = createToolRegistry();

describe('the registry', () => {
  it('knows the eight classic tools, the native ones, and nothing under another name', () => {
    expect(registry.definitions(classicTools).map(({ name }) => name)).toEqual(classicTools);
    expect(registry.definitions(nativeTools).map(({ name }) => name)).toEqual(nativeTools);
    for (const name of ['', 'Memory', 'toString', '__proto__', 'run_code']) expect(registry.find(name)).toBeNull();
  });

  it('passes over unknown names and gives each definition once', () => {
    const definitions = registry.definitions(['memory_append', 'nonsense', 'memory_append', 'send_message']);
    expect(definitions.map(({ name }) => name)).toEqual(['memory_append', 'send_message']);
  });

  it('puts an extra tool in the place of a built-in one', () => {
    const own: Tool = {
      definition: { name: 'memory_search', description: 'mine', parameters: {} },
      effect: 'search',
      run: async () => ({ output: 'mine', failed: false }),
    };
    const extended = createToolRegistry([own]);
    expect(extended.find('memory_search')).toBe(own);
    expect(extended.all()).toHaveLength(registry.all().length);
  });

  it('lets only speaking and pausing end a run', () => {
    const resting = registry.all().filter((tool) => tool.rests === true);
    expect(resting.map(({ definition }) => definition.name)).toEqual(['send_message', 'pause_heartbeats']);
  });

  it.each(
    Object.entries({
      send_message: ['message'],
      pause_heartbeats: ['minutes'],
      core_memory_append: ['name', 'content'],
      core_memory_replace: ['name', 'old_content', 'new_content'],
      conversation_search: ['query', 'page'],
      conversation_search_date: ['start_date', 'end_date', 'page'],
      archival_memory_insert: ['content'],
      archival_memory_search: ['query', 'page', 'start'],
    }),
  )('%s keeps its historical parameters', (name, parameters) => {
    const properties = registry.find(name)?.definition.parameters.properties as Record<string, unknown>;
    expect(Object.keys(properties)).toEqual(expect.arrayContaining(parameters));
  });

  it('describes every tool with an example and the cause of its failures', () => {
    for (const { definition } of registry.all()) {
      expect(definition.description, definition.name).toMatch(/Example: \{.*\}\./su);
      expect(definition.description, definition.name).toMatch(/[Ii]t fails(?:,| when)/u);
    }
  });

  it('gives in every description an example that has the required parameters and only known ones', () => {
    for (const { definition } of registry.all()) {
      const example = /Example: (\{.*?\})\./su.exec(definition.description)?.[1] ?? '';
      const given = Object.keys(JSON.parse(example.replaceAll('\n', '\\n')) as object);
      const { properties, required } = definition.parameters as { properties: object; required: string[] };
      expect(Object.keys(properties), definition.name).toEqual(expect.arrayContaining(given));
      expect(given, definition.name).toEqual(expect.arrayContaining(required));
    }
  });

  it('leaves the arguments of the heartbeat protocol to the protocol', () => {
    const names = registry.all().flatMap(({ definition }) => Object.keys(definition.parameters.properties as object));
    expect(names).not.toContain('request_heartbeat');
    expect(names).not.toContain('inner_thoughts');
  });
});
