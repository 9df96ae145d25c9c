import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openSqlite, type SqliteConnection } from '../../store/sqlite-driver.js';
import type { Json } from './json.js';
import type { ObjectKind } from './shapes.js';

/** An object that was put aside. */
export interface Shelved {
  kind: ObjectKind;
  /** Null for what came without one. */
  id: string | null;
  parentId: string | null;
  /** When it was made, in milliseconds; null where nothing tells. */
  at: number | null;
  /** The number of its file in the source. */
  file: number;
  line: number;
  /** The way to it inside its document. */
  path: string;
  object: Json;
}

/** What became of an object that was to be put aside. */
export type Shelving = 'new' | 'same' | 'other';

interface Row {
  id: string | null;
  parent_id: string | null;
  at: number | null;
  file: number;
  line: number;
  path: string;
  object: string;
}

/**
 * Objects of an export in an order that is not theirs, put aside in a file of their own until all have been seen. It
 * holds nothing in memory.
 */
export class Shelf {
  private constructor(
    private readonly database: SqliteConnection,
    private readonly folder: string,
  ) {}

  /** Opens a shelf in a folder that is there. */
  static async open(workspace: string): Promise<Shelf> {
    const folder = await mkdtemp(join(workspace, 'shelf-'));
    const database = openSqlite(join(folder, 'objects.db'));
    // Nobody needs the file once this program has ended, so nothing is spent on its safety.
    database.exec(`pragma journal_mode = off; pragma synchronous = off;
      create table objects (position integer primary key, kind text not null, id text, parent_id text, at real,
        file integer not null, line integer not null, path text not null, object text not null, unique (kind, id));
      begin`);
    return new Shelf(database, folder);
  }

  /** Puts an object aside. Of two that differ under one id, the fuller is kept. */
  add({ kind, id, parentId, at, file, line, path, object }: Shelved): Shelving {
    const text = JSON.stringify(object);
    const insert = `insert into objects (kind, id, parent_id, at, file, line, path, object)
      values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (kind, id) do nothing`;
    const own = [kind, id, parentId, at, file, line, path, text];
    if (this.database.run(insert, own).changes > 0) return 'new';
    const known = this.first<Pick<Row, 'object'>>('select object from objects where kind = ? and id = ?', [kind, id]);
    if (known?.object === text) return 'same';
    if (text.length > (known?.object.length ?? 0)) {
      const update = `update objects set parent_id = ?, at = ?, file = ?, line = ?, path = ?, object = ?
        where kind = ? and id = ?`;
      this.database.run(update, [parentId, at, file, line, path, text, kind, id]);
    }
    return 'other';
  }

  /** Ends the putting aside: from now on objects are found by what they belong to. */
  finish(): void {
    this.database.exec(`create index objects_place on objects (kind, parent_id, at, position); commit`);
  }

  /** How many there are of a kind. */
  count(kind: ObjectKind): number {
    const sql = 'select count(*) as number from objects where kind = ?';
    return this.first<{ number: number }>(sql, [kind])?.number ?? 0;
  }

  /** All of a kind, the oldest first. */
  *all(kind: ObjectKind): Generator<Shelved> {
    yield* this.read(kind, 'select * from objects where kind = ? order by at, position', [kind]);
  }

  /** What belongs to something, the oldest first. What is of one time has the order of the source, or its reverse. */
  *belongingTo(kind: ObjectKind, parentId: string): Generator<Shelved> {
    const direction = this.isNewestFirst(kind, parentId) ? 'desc' : 'asc';
    const sql = `select * from objects where kind = ? and parent_id = ? order by at, position ${direction}`;
    yield* this.read(kind, sql, [kind, parentId]);
  }

  get(kind: ObjectKind, id: string): Shelved | null {
    const row = this.first<Row>('select * from objects where kind = ? and id = ?', [kind, id]);
    return row === undefined ? null : toShelved(kind, row);
  }

  has(kind: ObjectKind, id: string): boolean {
    return this.first('select 1 from objects where kind = ? and id = ?', [kind, id]) !== undefined;
  }

  /** The threads that messages and runs name and that are not there themselves. */
  *missingThreads(): Generator<string> {
    const sql = `select distinct parent_id from objects where kind in ('message', 'run') and parent_id is not null
      and parent_id not in (select id from objects where kind = 'thread' and id is not null) order by parent_id`;
    for (const row of this.database.iterate(sql)) yield (row as { parent_id: string }).parent_id;
  }

  async close(): Promise<void> {
    this.database.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  private first<R>(sql: string, parameters: unknown[]): R | undefined {
    return this.database.run(sql, parameters).rows[0] as R | undefined;
  }

  private *read(kind: ObjectKind, sql: string, parameters: string[]): Generator<Shelved> {
    for (const row of this.database.iterate(sql, parameters)) yield toShelved(kind, row as Row);
  }

  /** Lists are saved as they are answered, most often the newest first. */
  private isNewestFirst(kind: ObjectKind, parentId: string): boolean {
    const end = (direction: string): number | null => {
      const sql = `select at from objects where kind = ? and parent_id = ? order by position ${direction} limit 1`;
      return this.first<{ at: number | null }>(sql, [kind, parentId])?.at ?? null;
    };
    const [first, last] = [end('asc'), end('desc')];
    return first !== null && last !== null && first > last;
  }
}

function toShelved(kind: ObjectKind, row: Row): Shelved {
  const { id, parent_id: parentId, at, file, line, path } = row;
  return { kind, id, parentId, at, file, line, path, object: JSON.parse(row.object) as Json };
}
