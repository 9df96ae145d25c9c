import { describe, expect, it } from 'vitest';
import { findHuman, findPersona, humans, personas } from '../../src/engine/prompts/profiles.js';
import { defaultPreset, findPreset, presets } from '../../src/engine/prompts/presets.js';
import { createToolRegistry } from '../../src/engine/tools/registry.js';
import { memoryPlaceholder } from '../../src/engine/system-prompt.js';

describe('the shipped profiles', () => {
  it('have every historic name', () => {
    expect(humans.map(({ name }) => name)).toEqual(['basic', 'cs_phd']);
    expect(personas.map(({ name }) => name)).toEqual([
      'sam_pov',
      'sam',
      'sam_simple_pov_gpt35',
      'memgpt_starter',
      'memgpt_doc',
      'anna_pa',
      'google_search_persona',
    ]);
  });

  it('fit a block of 2000 characters, the historic limit', () => {
    for (const { name, text } of [...humans, ...personas]) expect(text.length, name).toBeLessThanOrEqual(2_000);
  });

  it('are found by name and by nothing else', () => {
    expect(findHuman('cs_phd')?.text).toContain('Chad');
    expect(findPersona('sam_pov')?.text).toContain('Sam');
    expect(findHuman('sam_pov')).toBeNull();
    expect(findPersona('constructor')).toBeNull();
  });
});

describe('the shipped presets', () => {
  it('are the three historic ones, memgpt_chat first', () => {
    expect(presets.map(({ name, systemName }) => [name, systemName])).toEqual([
      ['memgpt_chat', 'memgpt_chat'],
      ['memgpt_docs', 'memgpt_doc'],
      ['memgpt_extras', 'memgpt_chat'],
    ]);
    expect(defaultPreset).toBe(findPreset('memgpt_chat'));
    expect(findPreset('unknown')).toBeNull();
  });

  it('begin with profiles that exist', () => {
    for (const preset of presets) {
      expect(findHuman(preset.human), preset.name).not.toBeNull();
      expect(findPersona(preset.persona), preset.name).not.toBeNull();
    }
  });

  it('have the eight classic tools, and a prompt that names seven of them', () => {
    for (const { name, tools, system } of presets) {
      expect(tools.slice(0, 8), name).toEqual([
        'send_message',
        'pause_heartbeats',
        'core_memory_append',
        'core_memory_replace',
        'conversation_search',
        'conversation_search_date',
        'archival_memory_insert',
        'archival_memory_search',
      ]);
      const named = tools.slice(0, 8).filter((tool) => system.includes(tool));
      expect(named, name).toHaveLength(7);
    }
  });

  it('offer only tools that this server has', () => {
    const registry = createToolRegistry();
    for (const { name, tools } of presets) {
      expect(
        registry.definitions(tools).map((definition) => definition.name),
        name,
      ).toEqual(tools);
    }
  });

  it('leave the place of memory to the compiler', () => {
    for (const { name, system } of presets) expect(system.includes(memoryPlaceholder), name).toBe(false);
  });
});
