import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isJsonObject } from '../../core/model/descriptor.ts';
import { isUploadId } from '../../core/model/reference.ts';
import { type RecordedUpload, recordName, type UploadRecordKey, type UploadRecords } from './upload-records.ts';

/** Registries remove what nobody has finished after a week. */
const MAX_AGE_MS = 7 * 24 * 3600 * 1000;

/**
 * Records in a folder, one file for each, so that another process resumes an upload also after this one was killed. Only the
 * user can read them, because the URL of an upload may let anybody continue it. A record that cannot be written is done
 * without; records older than a week are removed.
 */
export class FolderUploadRecords implements UploadRecords {
  readonly #folder: string;
  #prepared: Promise<void> | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async find(key: UploadRecordKey): Promise<RecordedUpload | undefined> {
    try {
      return parseRecord(JSON.parse(await readFile(this.#path(key), 'utf8')), key);
    } catch {
      return undefined;
    }
  }

  async save(key: UploadRecordKey, upload: RecordedUpload): Promise<void> {
    const path = this.#path(key);
    const temporary = `${path}.${randomUUID()}.tmp`;
    try {
      this.#prepared ??= this.#prepare();
      await this.#prepared;
      const { uuid, offset, startedAt, algorithm, location } = upload;
      const record = { name: recordName(key), uuid, offset, startedAt, algorithm, location };
      await writeFile(temporary, JSON.stringify(record), { mode: 0o600 });
      await rename(temporary, path);
    } catch {
      // The upload itself does not need it.
      await rm(temporary, { force: true }).catch(() => undefined);
    }
  }

  async remove(key: UploadRecordKey): Promise<void> {
    await rm(this.#path(key), { force: true }).catch(() => undefined);
  }

  #path(key: UploadRecordKey): string {
    return join(this.#folder, `${createHash('sha256').update(recordName(key)).digest('hex')}.json`);
  }

  async #prepare(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    for (const name of await readdir(this.#folder)) {
      if (!/^[0-9a-f]{64}\.json/.test(name)) continue;
      const path = join(this.#folder, name);
      const found = await stat(path).catch(() => undefined);
      if (found !== undefined && Date.now() - found.mtimeMs > MAX_AGE_MS) await rm(path, { force: true });
    }
  }
}

/** @returns `undefined` for anything that is no record of this upload */
function parseRecord(value: unknown, key: UploadRecordKey): RecordedUpload | undefined {
  if (!isJsonObject(value) || value['name'] !== recordName(key)) return undefined;
  const { uuid, offset, startedAt, algorithm, location } = value;
  const begun = new Date(typeof startedAt === 'string' ? startedAt : Number.NaN);
  if (typeof uuid !== 'string' || !isUploadId(uuid) || typeof offset !== 'number' || Number.isNaN(begun.getTime()))
    return undefined;
  return {
    uuid,
    offset,
    startedAt: begun,
    ...(typeof algorithm === 'string' && { algorithm }),
    ...(typeof location === 'string' && { location }),
  };
}
