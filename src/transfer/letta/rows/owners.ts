import type { Place, TransferRecord } from '../../record.js';
import { flagIn, idIn, textIn, timeIn, type Row } from '../cells.js';
import type { LettaDatabase } from '../database.js';

/** Whose things are. */
export interface Owners {
  /** Users and organisations that there are besides those of every install. */
  records: TransferRecord[];
  /** Whose a row is, as records say it: null for whoever imports. */
  of(row: Row): string | null;
}

/** The user and the organisation of every install: all zeros, a short id of zeros, or one made from a network card. */
const stockId =
  /^(?:(?:user|org)-)?(?:0{8}(?:-0000-(?:0000|4000)-(?:0000|8000)-0{12})?|0{8}-0{4}-0{4}-0{4}-[0-9a-f]{12})$/iu;

/** Reads who owns things. Where there is but one besides the user of every install, all is the importer's. */
export async function readOwners(database: LettaDatabase, placeOf: (table: string, id: string) => Place) {
  const users: Row[] = [];
  const columns = ['id', 'name', 'org_id', 'organization_id', 'created_at', 'is_deleted'];
  if (database.has('users')) {
    for await (const row of database.rows({ table: 'users', columns, order: ['id'] })) {
      const id = idIn(row['id']);
      if (id !== null && !flagIn(row['is_deleted'])) users.push({ ...row, id });
    }
  }
  const own = users.filter((row) => !stockId.test(String(row['id'])));
  const known = new Set(own.length > 1 ? own.map((row) => String(row['id'])) : []);
  const records: TransferRecord[] = [];
  const organisations = known.size === 0 ? new Set<string>() : await readOrganisations(database, records, placeOf);
  for (const row of own) {
    const id = String(row['id']);
    if (!known.has(id)) continue;
    const organisation = idIn(row['organization_id'] ?? row['org_id']);
    const organisationId = organisation !== null && organisations.has(organisation) ? organisation : null;
    const value = { id, name: textIn(row['name']), organisationId, createdAt: timeIn(row['created_at']) ?? 0 };
    records.push({ kind: 'user', place: placeOf('users', id), ownerId: null, value });
  }
  const owners: Owners = {
    records,
    of: (row) => {
      const id = idIn(row['user_id'] ?? row['_created_by_id']);
      return id !== null && known.has(id) ? id : null;
    },
  };
  return owners;
}

async function readOrganisations(
  database: LettaDatabase,
  records: TransferRecord[],
  placeOf: (table: string, id: string) => Place,
): Promise<Set<string>> {
  const ids = new Set<string>();
  if (!database.has('organizations')) return ids;
  const columns = ['id', 'name', 'created_at', 'is_deleted'];
  for await (const row of database.rows({ table: 'organizations', columns, order: ['id'] })) {
    const id = idIn(row['id']);
    if (id === null || stockId.test(id) || flagIn(row['is_deleted'])) continue;
    ids.add(id);
    const value = { id, name: textIn(row['name']) ?? id, createdAt: timeIn(row['created_at']) ?? 0 };
    records.push({ kind: 'organisation', place: placeOf('organizations', id), ownerId: null, value });
  }
  return ids;
}
