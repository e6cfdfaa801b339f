import { DriverError, type StorageDriver } from '../driver/index.ts';
import { PathMapper } from './paths/path-mapper.ts';
import { deleteIfPresent, readStart } from './small-files.ts';

const MAX_BYTES = 16 * 1024;
/** More instances than anybody has. */
const MAX_RECORDS = 1000;

/** What an instance says about itself to the others on its storage. It holds no secret. */
export interface InstanceRecord {
  /** The host and the address on which it listens; for people. */
  readonly name: string;
  /** When the record was written, in RFC 3339. */
  readonly writtenAt: string;
  /** Fingerprints of its secrets, the one that signs first. */
  readonly secrets: readonly string[];
  /**
   * The ids of the key files of its token server, the one that signs first; none where keys are derived from the secrets. Absent
   * in a record of a version that did not say it.
   */
  readonly tokenKeys?: readonly string[] | undefined;
}

/** The records of instances: a small file for each, which all instances on the storage see. */
export class InstanceStore {
  readonly #driver: StorageDriver;
  readonly #paths = new PathMapper();

  constructor(driver: StorageDriver) {
    this.#driver = driver;
  }

  /** Replaces the record of an instance. One driver call. */
  async put(id: string, record: InstanceRecord): Promise<void> {
    await this.#driver.write(this.#paths.doctor.instance(fileName(id)), Buffer.from(JSON.stringify(record)));
  }

  async remove(id: string): Promise<void> {
    await deleteIfPresent(this.#driver, this.#paths.doctor.instance(fileName(id)));
  }

  /** All records by their ids, at most 1000; a file that is no record is left out. */
  async all(): Promise<ReadonlyMap<string, InstanceRecord>> {
    const records = new Map<string, InstanceRecord>();
    try {
      for await (const { name, isFolder } of this.#driver.list(this.#paths.doctor.instances())) {
        if (isFolder) continue;
        const bytes = await readStart(this.#driver, this.#paths.doctor.instance(name), { maxBytes: MAX_BYTES });
        const record = bytes && parseRecord(bytes.toString());
        if (record !== undefined) records.set(name, record);
        if (records.size === MAX_RECORDS) break;
      }
    } catch (error) {
      if (!DriverError.is(error, 'not-found')) throw error;
    }
    return records;
  }
}

/** An id as the name of a file. */
export function fileName(id: string): string {
  return id.replaceAll(/[^A-Za-z0-9._-]/g, '_').replace(/^\.+/, '_');
}

function parseRecord(text: string): InstanceRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { name, writtenAt, secrets, tokenKeys } = value as Partial<Record<keyof InstanceRecord, unknown>>;
  const isRecord =
    typeof name === 'string' &&
    typeof writtenAt === 'string' &&
    !Number.isNaN(Date.parse(writtenAt)) &&
    isTexts(secrets);
  return isRecord ? { name, writtenAt, secrets, ...(isTexts(tokenKeys) && { tokenKeys }) } : undefined;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}
