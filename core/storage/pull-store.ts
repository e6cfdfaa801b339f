import { randomUUID } from 'node:crypto';
import { mapConcurrently } from '../async/concurrency.ts';
import { inject, injectable, STORAGE_DRIVER } from '../di.ts';
import type { Digest } from '../digest/digest.ts';
import { type CallOptions, DriverError, type StorageDriver } from '../driver/index.ts';
import type { RepositoryName } from '../model/reference.ts';
import { Inventory } from './collection/inventory.ts';
import { PathMapper } from './paths/path-mapper.ts';
import { formatHours, parseHours, type RecordedPulls } from './pull-hours.ts';
import { deleteIfPresent, readSmallFile } from './small-files.ts';

const CONCURRENCY = 8;
/** About 700 000 manifests. */
const MAX_BYTES = 64 * 1024 * 1024;
const DAY_MS = 24 * 60 * 60 * 1000;
/** A file of an earlier day is complete when that day is over by every clock. */
const COMPLETE_AFTER_MS = 2 * DAY_MS;
/** So many complete files of a repository are merged into one. */
const MAX_COMPLETE = 4;
/** How often files are listed that are merged meanwhile. */
const MAX_READS = 3;
/** The name of a file: its day, and who writes it. */
const FILE = /^(\d{4}-\d{2}-\d{2})-[0-9a-z-]+$/;

/** When pulls were recorded. */
export interface Recording {
  /** From then on, in milliseconds since 1970. */
  readonly sinceMs: number;
  /** The last sign of a process that records. */
  readonly untilMs: number;
}

/**
 * When manifests were pulled: in each repository a file for each day and process that recorded a pull, with one line for
 * each manifest. A process writes only its own files, whole, so that no two writes conflict, on any storage.
 */
@injectable()
export class PullStore {
  readonly #driver: StorageDriver;
  readonly #inventory: Inventory;
  readonly #paths = new PathMapper();

  constructor(@inject(STORAGE_DRIVER) driver: StorageDriver, @inject(Inventory) inventory: Inventory) {
    this.#driver = driver;
    this.#inventory = inventory;
  }

  /**
   * Adds pulls to the file of a process for this day. Nobody else may write with this id, and calls for one repository must not
   * overlap. Two driver calls; the first time on a day two more, and those that merge the files of earlier days. Nothing
   * is written for a repository that does not exist.
   * @param hours the starts of the hours of the pulls, in milliseconds since 1970
   */
  async add(
    name: RepositoryName,
    writer: string,
    hours: ReadonlyMap<Digest, number>,
    { nowMs, signal }: CallOptions & { readonly nowMs: number },
  ): Promise<void> {
    const path = this.#paths.pulls.file(name, `${dayOf(nowMs)}-${writer}`);
    const bytes = await readSmallFile(this.#driver, path, { maxBytes: MAX_BYTES, signal });
    if (bytes === undefined) {
      if ((await this.#driver.stat(this.#paths.manifests(name), { signal })) === undefined) return;
      await this.#merge(name, { nowMs, signal });
    }
    const known = new Map(bytes && parseHours(bytes).hours);
    const isNew = addHours(known, hours);
    if (isNew || bytes === undefined) await this.#driver.write(path, formatHours(known), { signal });
  }

  /** What all processes have recorded. One driver call for the list, and one for each file. */
  async read(name: RepositoryName, options: CallOptions = {}): Promise<RecordedPulls> {
    for (let reads = 1; ; reads += 1) {
      const files = await this.#files(name, options);
      const found = await mapConcurrently(files, CONCURRENCY, (file) => this.#read(name, file, options));
      // A process has merged a file that is gone into one that may not be in the list.
      if (found.includes(undefined) && reads < MAX_READS) continue;
      const hours = new Map<Digest, number>();
      for (const each of found) addHours(hours, each?.hours ?? new Map());
      return { hours, isDamaged: found.some((each) => each === undefined || each.isDamaged) };
    }
  }

  /** When pulls were recorded; `undefined` if they never were. One driver call. */
  async recording(options: CallOptions = {}): Promise<Recording | undefined> {
    const bytes = await readSmallFile(this.#driver, this.#paths.pulls.recording(), { ...options, maxBytes: 1024 });
    return bytes && parseRecording(bytes.toString());
  }

  /** One driver call. */
  async putRecording({ sinceMs, untilMs }: Recording, options: CallOptions = {}): Promise<void> {
    const times = { since: new Date(sinceMs).toISOString(), until: new Date(untilMs).toISOString() };
    await this.#driver.write(this.#paths.pulls.recording(), Buffer.from(JSON.stringify(times)), options);
  }

  /**
   * Merges the complete files of a repository if there are several, without manifests that it does not have any more.
   * Several processes may do so at once: a file goes only after a new one has all that it had.
   */
  async #merge(name: RepositoryName, { nowMs, signal }: CallOptions & { readonly nowMs: number }): Promise<void> {
    const lastDay = dayOf(nowMs - COMPLETE_AFTER_MS);
    const complete = (await this.#files(name, { signal })).filter((file) => file.slice(0, lastDay.length) <= lastDay);
    if (complete.length < MAX_COMPLETE) return;
    const present = new Set<Digest>();
    for await (const group of this.#inventory.revisions(name)) for (const digest of group) present.add(digest);
    const hours = new Map<Digest, number>();
    const merged: string[] = [];
    for (const file of complete) {
      const found = await this.#read(name, file, { signal });
      // An operator may still want to see what is wrong with one that is damaged.
      if (found === undefined || found.isDamaged) continue;
      addHours(hours, found.hours);
      merged.push(file);
    }
    for (const digest of hours.keys()) if (!present.has(digest)) hours.delete(digest);
    const into = this.#paths.pulls.file(name, `${lastDay}-${createWriterId()}`);
    await this.#driver.write(into, formatHours(hours), { signal });
    for (const file of merged) await deleteIfPresent(this.#driver, this.#paths.pulls.file(name, file), { signal });
  }

  async #read(name: RepositoryName, file: string, options: CallOptions): Promise<RecordedPulls | undefined> {
    const path = this.#paths.pulls.file(name, file);
    const bytes = await readSmallFile(this.#driver, path, { ...options, maxBytes: MAX_BYTES });
    return bytes && parseHours(bytes);
  }

  async #files(name: RepositoryName, options: CallOptions): Promise<string[]> {
    const files: string[] = [];
    try {
      for await (const { name: file, isFolder } of this.#driver.list(this.#paths.pulls.of(name), options))
        if (!isFolder && FILE.test(file)) files.push(file);
    } catch (error) {
      if (!DriverError.is(error, 'not-found')) throw error;
    }
    return files;
  }
}

/** Names a writer, differently from all others. */
export function createWriterId(): string {
  return randomUUID();
}

/** Adds later hours; returns whether any was. */
function addHours(hours: Map<Digest, number>, others: ReadonlyMap<Digest, number>): boolean {
  let isNew = false;
  for (const [digest, hourMs] of others) {
    if ((hours.get(digest) ?? Number.NEGATIVE_INFINITY) >= hourMs) continue;
    hours.set(digest, hourMs);
    isNew = true;
  }
  return isNew;
}

/** In UTC. */
function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 'yyyy-mm-dd'.length);
}

function parseRecording(text: string): Recording | undefined {
  const [, since = '', until = ''] = /^\{"since":"([^"]+)","until":"([^"]+)"\}$/.exec(text) ?? [];
  const [sinceMs, untilMs] = [Date.parse(since), Date.parse(until)];
  return Number.isNaN(sinceMs) || Number.isNaN(untilMs) ? undefined : { sinceMs, untilMs };
}
