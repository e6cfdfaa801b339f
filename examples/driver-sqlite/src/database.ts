import { DatabaseSync, type SQLTagStore } from 'node:sqlite';
import { DriverError, type DriverErrorCode, type ListEntry, ROOT_PATH, type StoragePath } from 'stowage/driver';

// A file is committed, or holds what a writer has stored so far. AUTOINCREMENT: no id is used twice, so a writer whose file
// was removed never adds to another one. WAL: readers do not block a writer. FULL: a transaction that ended is on disk.
const SETTINGS = `
  PRAGMA page_size = 16384; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
  CREATE TABLE IF NOT EXISTS files (
    id INTEGER PRIMARY KEY AUTOINCREMENT, committed INTEGER NOT NULL, key TEXT NOT NULL, modified_at INTEGER NOT NULL,
    UNIQUE (committed, key)) STRICT;
  CREATE TABLE IF NOT EXISTS chunks (file INTEGER NOT NULL REFERENCES files ON DELETE CASCADE,
    start INTEGER NOT NULL, bytes BLOB NOT NULL, UNIQUE (file, start)) STRICT`;

// SQLITE_READONLY, _FULL, and _CONSTRAINT (another writer was at that offset). The guard reports others as `unavailable`.
const CODES: Readonly<Record<number, DriverErrorCode>> = { 8: 'denied', 13: 'no-space', 19: 'conflict' };

export type FoundFile = { readonly id: number; readonly size: number; readonly modifiedAt: number };

/** Opens a connection; a statement on it waits up to ten seconds while another process writes. */
export function connect(file: string, settings = SETTINGS): SQLTagStore {
  const database = new DatabaseSync(file, { timeout: 10_000 });
  database.exec(settings);
  return database.createTagStore();
}

/** Runs `change` in a transaction: when this returns, all of it is durable; when it throws, nothing has changed. */
export function transact<Result>(sql: SQLTagStore, change: () => Result): Result {
  try {
    sql.db.exec('BEGIN IMMEDIATE');
    const result = change();
    sql.db.exec('COMMIT');
    return result;
  } catch (error) {
    if (sql.db.isTransaction) sql.db.exec('ROLLBACK');
    const code = error instanceof Error && 'errcode' in error ? CODES[Number(error.errcode) & 0xff] : undefined;
    throw code === undefined ? error : new DriverError(code, { cause: error });
  }
}

/** A path with `!` for `/`, which sorts before every character of a name: the entries of a folder `k` are from `k!` to `k"`. */
export const keyOf = (path: StoragePath): string => (path === ROOT_PATH ? '' : path.replaceAll('/', '!'));

/** The file at `path`: the committed one, or what a writer has stored so far. */
export function findFile(sql: SQLTagStore, path: StoragePath, committed: 0 | 1 = 1): FoundFile | undefined {
  return sql.get`SELECT id, modified_at AS modifiedAt, coalesce(
    (SELECT start + length(bytes) FROM chunks WHERE file = id ORDER BY start DESC LIMIT 1), 0) AS size
    FROM files WHERE committed = ${committed} AND key = ${keyOf(path)}` as FoundFile | undefined;
}

/** @throws DriverError `not-found` */
export function requireFile(sql: SQLTagStore, path: StoragePath): FoundFile {
  const file = findFile(sql, path);
  if (file === undefined) throw new DriverError('not-found', { path });
  return file;
}

/** The first child of `folder` after the name `after`. */
export function findEntry(sql: SQLTagStore, folder: StoragePath, after = ''): ListEntry | undefined {
  const key = keyOf(folder);
  const row = sql.get`SELECT key FROM files WHERE committed = 1
    AND key > ${`${key}!${after}"`} AND key < ${`${key}"`} ORDER BY key LIMIT 1`;
  if (row === undefined) return undefined;
  const [name = '', ...below] = String(row['key'])
    .slice(key.length + 1)
    .split('!');
  return { name, isFolder: below.length > 0 };
}

/** The bytes of a file, row by row, as of the first step, which yields none: its connection sees no later change. */
export function* readRows(file: string, path: StoragePath, start: number, end: number): Generator<Uint8Array> {
  const sql = connect(file, 'PRAGMA cache_size = -512; BEGIN');
  try {
    const { id } = requireFile(sql, path);
    yield new Uint8Array();
    const rows = sql.iterate`SELECT start, bytes FROM chunks WHERE file = ${id} AND start < ${end} AND start >= (
      SELECT max(start) FROM chunks WHERE file = ${id} AND start <= ${start}) ORDER BY start`;
    for (const row of rows as Iterable<{ readonly start: number; readonly bytes: Uint8Array }>) {
      yield row.bytes.subarray(Math.max(0, start - row.start), end - row.start);
    }
  } finally {
    sql.db.close();
  }
}

/** Begins an uncommitted file, and discards what a writer has stored so far. */
export function beginFile(sql: SQLTagStore, path: StoragePath): FoundFile {
  sql.run`DELETE FROM files WHERE committed = 0 AND key = ${keyOf(path)}`;
  const added = sql.run`INSERT INTO files (committed, key, modified_at) VALUES (0, ${keyOf(path)}, 0)`;
  return { id: Number(added.lastInsertRowid), size: 0, modifiedAt: 0 };
}

/** Adds bytes to an uncommitted file. @throws DriverError `conflict` when it was committed or removed */
export function addRow(sql: SQLTagStore, id: number, start: number, bytes: Uint8Array): void {
  const added = sql.run`INSERT INTO chunks (file, start, bytes)
    SELECT id, ${start}, ${bytes} FROM files WHERE id = ${id} AND committed = 0`;
  if (added.changes === 0) throw new DriverError('conflict');
}

/** Replaces the committed file with an uncommitted one. @throws DriverError `conflict`, as `addRow` */
export function commitFile(sql: SQLTagStore, id: number, path: StoragePath): void {
  sql.run`DELETE FROM files WHERE committed = 1 AND key = ${keyOf(path)}`;
  const done = sql.run`UPDATE files SET committed = 1, modified_at = ${Date.now()} WHERE id = ${id} AND committed = 0`;
  if (done.changes === 0) throw new DriverError('conflict');
}
