import { limits } from '../../../domain/limits.js';
import { charsOf } from '../../../domain/memory.js';
import type { Place, TransferRecord } from '../../record.js';
import { flagIn, idIn, listIn, numberIn, objectIn, textIn, timeIn, type Row } from '../cells.js';
import type { LettaDatabase } from '../database.js';
import { toDefinition, toolOf } from '../tools.js';
import type { Owners } from './owners.js';

type PlaceOf = (table: string, id: string) => Place;

/** Humans, personas and presets: what agents are made from. */
export async function* templateRecords(
  database: LettaDatabase,
  owners: Owners,
  placeOf: PlaceOf,
): AsyncGenerator<TransferRecord> {
  for (const { table, label } of [
    { table: 'humanmodel', label: 'human' },
    { table: 'personamodel', label: 'persona' },
    { table: 'block', label: null },
  ]) {
    if (!database.has(table)) continue;
    for await (const row of database.rows({ table, columns: templateColumns, order: ['id'] })) {
      const isTemplate = label !== null || flagIn(row['is_template'] ?? row['template']);
      const record = isTemplate ? templateRecord(row, label, owners, (id) => placeOf(table, id)) : null;
      if (record !== null) yield record;
    }
  }
  if (!database.has('presets')) return;
  for await (const row of database.rows({ table: 'presets', columns: presetColumns, order: ['id'] })) {
    const record = presetRecord(row, owners, (id) => placeOf('presets', id));
    if (record !== null) yield record;
  }
}

const templateColumns: readonly string[] = [
  ...['id', 'text', 'value', 'name', 'template_name', 'label', 'limit', 'description', 'template', 'is_template'],
  ...['metadata_', 'user_id', '_created_by_id', 'created_at', 'updated_at', 'is_deleted'],
];

function templateRecord(
  row: Row,
  ownLabel: string | null,
  owners: Owners,
  placeOf: (id: string) => Place,
): TransferRecord | null {
  const id = idIn(row['id']);
  const value = textIn(row['text'] ?? row['value']);
  const label = ownLabel ?? textIn(row['label']);
  if (id === null || value === null || label === null || flagIn(row['is_deleted'])) return null;
  const createdAt = timeIn(row['created_at']) ?? 0;
  const template = {
    id,
    label,
    name: textIn(row['template_name'] ?? row['name']),
    value,
    charsMax: Math.max(numberIn(row['limit']) ?? limits.blockCharsDefault, charsOf(value)),
    description: textIn(row['description']),
    offered: true,
    metadata: objectIn(row['metadata_']),
    createdAt,
    updatedAt: timeIn(row['updated_at']) ?? createdAt,
  };
  return { kind: 'template', place: placeOf(id), ownerId: owners.of(row), value: template };
}

const presetColumns: readonly string[] = [
  ...['id', 'user_id', 'name', 'description', 'system', 'human', 'human_name', 'persona', 'persona_name'],
  ...['created_at', 'functions_schema'],
];

function presetRecord(row: Row, owners: Owners, placeOf: (id: string) => Place): TransferRecord | null {
  const id = idIn(row['id']);
  const name = textIn(row['name']);
  if (id === null || name === null) return null;
  const functions = listIn(row['functions_schema']).flatMap((schema) => {
    const tool = toolOf(schema);
    return tool === null ? [] : [toDefinition(tool)];
  });
  const value = {
    id,
    name,
    description: textIn(row['description']),
    system: textIn(row['system']) ?? '',
    systemName: null,
    persona: textIn(row['persona']) ?? '',
    personaName: textIn(row['persona_name']),
    human: textIn(row['human']) ?? '',
    humanName: textIn(row['human_name']),
    functions,
    createdAt: timeIn(row['created_at']) ?? 0,
  };
  return { kind: 'preset', place: placeOf(id), ownerId: owners.of(row), value };
}
