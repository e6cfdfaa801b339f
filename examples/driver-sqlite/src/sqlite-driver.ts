import type { SQLTagStore } from 'node:sqlite';
import { Readable } from 'node:stream';
import type { DriverWriter, FileInfo, ListEntry, ReadOptions, WriteOptions, WriterOptions } from 'stowage/driver';
import { DriverError, ROOT_PATH, type StorageDriver, type StoragePath } from 'stowage/driver';
import * as database from './database.ts';

const ROW_BYTES = 1024 * 1024; // A row is written at this size; a writer holds little more in memory.

/** Keeps everything in one SQLite file. A call blocks the process until it is done. */
export class SqliteDriver implements StorageDriver {
  readonly name = 'sqlite';
  readonly capabilities = {
    locality: 'local',
    persistent: true,
    shared: true,
    atomicMove: true,
    strongListing: true,
    hidesUncommitted: true,
    exclusiveWriters: false,
    redirect: false,
    conditionalWrites: true,
    minAppendBytes: 0,
  } as const;
  constructor(private readonly sql: SQLTagStore) {}

  async stat(path: StoragePath): Promise<FileInfo | undefined> {
    const file = database.findFile(this.sql, path);
    if (file !== undefined) return { path, isFolder: false, size: file.size, modifiedAt: new Date(file.modifiedAt) };
    return database.findEntry(this.sql, path) && { path, isFolder: true, size: 0, modifiedAt: new Date(0) };
  }

  async read(path: StoragePath, { start = 0, end = Infinity }: ReadOptions = {}): Promise<Readable> {
    const rows = database.readRows(this.sql.db.location() ?? '', path, start, end);
    rows.next();
    return Readable.from(rows, { objectMode: false });
  }

  async write(path: StoragePath, content: Uint8Array, { ifAbsent = false }: WriteOptions = {}): Promise<void> {
    database.transact(this.sql, () => {
      if (ifAbsent && database.findFile(this.sql, path) !== undefined) throw new DriverError('conflict', { path });
      const { id } = database.beginFile(this.sql, path);
      database.addRow(this.sql, id, 0, content);
      database.commitFile(this.sql, id, path);
    });
  }

  async openWriter(path: StoragePath, { append, ifAbsent = false }: WriterOptions): Promise<DriverWriter> {
    return database.transact(this.sql, () => {
      const kept = database.findFile(this.sql, path, 0);
      if (ifAbsent && (kept ?? database.findFile(this.sql, path))) throw new DriverError('conflict', { path });
      const begun = append ? (kept ?? database.requireFile(this.sql, path)) : undefined;
      const { id, size } = begun?.size ? begun : database.beginFile(this.sql, path);
      return new SqliteWriter(this.sql, path, id, size);
    });
  }

  async *list(folder: StoragePath, { after = '' } = {}): AsyncGenerator<ListEntry, void, undefined> {
    const isFolder = folder === ROOT_PATH || database.findEntry(this.sql, folder);
    if (!isFolder) throw new DriverError('not-found', { path: folder });
    let entry = database.findEntry(this.sql, folder, after);
    for (; entry !== undefined; entry = database.findEntry(this.sql, folder, entry.name)) yield entry;
  }

  async move(from: StoragePath, to: StoragePath): Promise<void> {
    database.transact(this.sql, () => {
      const { id } = database.requireFile(this.sql, from);
      this.sql.run`DELETE FROM files WHERE committed = 1 AND key = ${database.keyOf(to)} AND id <> ${id}`;
      this.sql.run`UPDATE files SET key = ${database.keyOf(to)} WHERE id = ${id}`;
    });
  }

  async delete(path: StoragePath): Promise<void> {
    const key = database.keyOf(path);
    const remove = () => this.sql.run`DELETE FROM files WHERE key >= ${key} AND key < ${`${key}"`}`;
    if (database.transact(this.sql, remove).changes === 0) throw new DriverError('not-found', { path });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.sql.db.close();
  }
}

class SqliteWriter implements DriverWriter {
  constructor(
    private readonly sql: SQLTagStore,
    private readonly path: StoragePath,
    private readonly id: number,
    public size: number,
  ) {}

  async append(body: AsyncIterable<Uint8Array>): Promise<void> {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    try {
      for await (const chunk of body) {
        chunks.push(chunk);
        bytes += chunk.byteLength;
        if (bytes < ROW_BYTES) continue;
        bytes = 0;
        this.#store(Buffer.concat(chunks.splice(0)));
      }
    } finally {
      this.#store(Buffer.concat(chunks)); // Even when the body fails: what arrived is kept.
    }
  }

  async commit(): Promise<void> {
    database.transact(this.sql, () => database.commitFile(this.sql, this.id, this.path));
  }

  async cancel(): Promise<void> {
    database.transact(this.sql, () => this.sql.run`DELETE FROM files WHERE id = ${this.id} AND committed = 0`);
  }

  async [Symbol.asyncDispose](): Promise<void> {} // Nothing to release: the bytes are stored.

  #store(bytes: Uint8Array): void {
    if (bytes.byteLength > 0) database.transact(this.sql, () => database.addRow(this.sql, this.id, this.size, bytes));
    this.size += bytes.byteLength;
  }
}
