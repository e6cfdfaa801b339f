import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isJsonObject } from '../../core/model/descriptor.ts';
import { isUploadId } from '../../core/model/reference.ts';
import { beat, heartbeat, isGone, newOwner } from '../files/file-owner.ts';
import { makeFolders } from '../files/make-folders.ts';
import { type RecordedUpload, recordName, type UploadRecordKey, type UploadRecords } from './upload-records.ts';

/** Registries remove unfinished uploads after a week. */
const MAX_AGE_MS = 7 * 24 * 3600 * 1000;

/**
 * Records in a folder, one file each, named after its owner while it has one, so that another process can resume an
 * upload even after this one was killed. Only the user can read them, because the URL of an upload may let anybody
 * continue it. A record that cannot be written is skipped; records older than a week are removed.
 */
export class FolderUploadRecords implements UploadRecords {
  readonly #folder: string;
  readonly #owner = newOwner();
  /** The records of this owner, by path. */
  readonly #held = new Map<string, Disposable>();
  #prepared: Promise<void> | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async find(key: UploadRecordKey): Promise<RecordedUpload | undefined> {
    try {
      const path = this.#ownPath(key);
      if (!this.#held.has(path)) await this.#claim(key, path);
      return parseRecord(JSON.parse(await readFile(path, 'utf8')), key);
    } catch {
      return undefined;
    }
  }

  async save(key: UploadRecordKey, upload: RecordedUpload): Promise<void> {
    const path = this.#ownPath(key);
    const temporary = `${path}.${randomUUID()}.tmp`;
    try {
      this.#prepared ??= this.#prepare();
      await this.#prepared;
      const { uuid, offset, startedAt, algorithm, location, minChunkBytes } = upload;
      const record = { name: recordName(key), uuid, offset, startedAt, algorithm, location, minChunkBytes };
      await writeFile(temporary, JSON.stringify(record), { mode: 0o600 });
      await rename(temporary, path);
      this.#hold(path);
    } catch {
      // The upload works without a record.
      await rm(temporary, { force: true }).catch(() => undefined);
    }
  }

  async release(key: UploadRecordKey): Promise<void> {
    const path = this.#ownPath(key);
    if (this.#letGo(path)) await rename(path, join(this.#folder, `${hashOf(key)}.json`)).catch(() => undefined);
  }

  async remove(key: UploadRecordKey): Promise<void> {
    const path = this.#ownPath(key);
    if (this.#letGo(path)) await rm(path, { force: true }).catch(() => undefined);
  }

  #ownPath(key: UploadRecordKey): string {
    return join(this.#folder, `${hashOf(key)}.${this.#owner}.json`);
  }

  /** Claims an unowned record by renaming it to `path`. Of two callers, one succeeds. */
  async #claim(key: UploadRecordKey, path: string): Promise<void> {
    const hash = hashOf(key);
    for (const name of await readdir(this.#folder)) {
      const found = join(this.#folder, name);
      if (!name.startsWith(hash) || !(await isFree(found))) continue;
      try {
        await rename(found, path);
        this.#hold(path);
        await beat(path);
        return;
      } catch {
        // Another caller was faster.
      }
    }
  }

  #hold(path: string): void {
    if (!this.#held.has(path)) this.#held.set(path, heartbeat(path));
  }

  /** @returns whether the record belonged to this owner */
  #letGo(path: string): boolean {
    this.#held.get(path)?.[Symbol.dispose]();
    return this.#held.delete(path);
  }

  async #prepare(): Promise<void> {
    await makeFolders(this.#folder, 0o700);
    for (const name of await readdir(this.#folder)) {
      if (!/^[0-9a-f]{64}\./.test(name)) continue;
      const path = join(this.#folder, name);
      const found = await stat(path).catch(() => undefined);
      if (found !== undefined && Date.now() - found.mtimeMs > MAX_AGE_MS) await rm(path, { force: true });
    }
  }
}

function hashOf(key: UploadRecordKey): string {
  return createHash('sha256').update(recordName(key)).digest('hex');
}

/** Whether a file is a record without an owner, or with one that has ended. */
async function isFree(path: string): Promise<boolean> {
  const match = /^[0-9a-f]{64}(?:\.([0-9a-f-]+))?\.json$/.exec(basename(path));
  if (match === null) return false;
  const [, owner] = match;
  if (owner === undefined) return true;
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && isGone(owner, Date.now() - found.mtimeMs);
}

/** @returns `undefined` for anything that is not a record of this upload */
function parseRecord(value: unknown, key: UploadRecordKey): RecordedUpload | undefined {
  if (!isJsonObject(value) || value['name'] !== recordName(key)) return undefined;
  const { uuid, offset, startedAt, algorithm, location, minChunkBytes } = value;
  const begun = new Date(typeof startedAt === 'string' ? startedAt : Number.NaN);
  if (typeof uuid !== 'string' || !isUploadId(uuid) || typeof offset !== 'number' || Number.isNaN(begun.getTime()))
    return undefined;
  return {
    uuid,
    offset,
    startedAt: begun,
    ...(typeof algorithm === 'string' && { algorithm }),
    ...(typeof location === 'string' && { location }),
    ...(typeof minChunkBytes === 'number' && { minChunkBytes }),
  };
}
