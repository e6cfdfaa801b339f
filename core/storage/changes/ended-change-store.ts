import { inject, injectable, STORAGE_DRIVER } from '../../di.ts';
import { DriverError, type StorageDriver } from '../../driver/index.ts';
import { PathMapper } from '../paths/path-mapper.ts';
import { deleteIfPresent, readSmallFile } from '../small-files.ts';
import { type Announcement, formatAnnouncement, parseAnnouncement } from './repository-change.ts';

const MAX_BYTES = 64 * 1024;
/** How long it stays known how a change has ended, in milliseconds. */
const KEPT_MS = 7 * 24 * 60 * 60 * 1000;

/** How the change of a repository has ended: what was deleted or renamed, or why nothing more of it is done. */
export type ChangeEnding =
  | { readonly state: 'completed'; readonly tags: number; readonly manifests: number }
  | { readonly state: 'failed'; readonly reason: string };

/** The change of a repository that has ended. */
export interface EndedChange extends Announcement {
  readonly endedAt: Date;
  readonly ending: ChangeEnding;
}

/** How changes of whole repositories have ended: a small file for each, which all instances see for a week. */
@injectable()
export class EndedChangeStore {
  readonly #driver: StorageDriver;
  readonly #paths: PathMapper;

  constructor(@inject(STORAGE_DRIVER) driver: StorageDriver, @inject(PathMapper) paths: PathMapper) {
    this.#driver = driver;
    this.#paths = paths;
  }

  /** One driver call. */
  async read(id: string): Promise<EndedChange | undefined> {
    const bytes = await readSmallFile(this.#driver, this.#paths.collections.endedChange(id), { maxBytes: MAX_BYTES });
    const announcement = bytes && parseAnnouncement(id, bytes);
    if (bytes === undefined || announcement === undefined) return undefined;
    const { endedAt, state, tags, manifests, reason } = JSON.parse(bytes.toString()) as Record<string, unknown>;
    const common = { ...announcement, endedAt: new Date(String(endedAt)) };
    return state === 'completed'
      ? { ...common, ending: { state, tags: Number(tags), manifests: Number(manifests) } }
      : { ...common, ending: { state: 'failed', reason: String(reason) } };
  }

  /**
   * Records how a change has ended, and forgets those that ended a week ago. What another process has recorded of the same
   * change stays, unless that is a failure and this one is none: work that is impossible in one process may have been done by
   * another one. Two driver calls, up to two more if there was a record, and
   * two for each that was announced more than a week ago.
   * @returns what stays of another process
   */
  async put(ended: EndedChange): Promise<ChangeEnding | undefined> {
    const { endedAt, ending, ...announcement } = ended;
    const announced = JSON.parse(formatAnnouncement(announcement).toString()) as object;
    const text = JSON.stringify({ ...announced, endedAt: endedAt.toISOString(), ...ending });
    const earlier = await this.#write(ended, Buffer.from(text));
    await this.#removeOld(ended);
    return earlier;
  }

  async #write({ id, ending }: EndedChange, content: Buffer): Promise<ChangeEnding | undefined> {
    const path = this.#paths.collections.endedChange(id);
    try {
      await this.#driver.write(path, content, { ifAbsent: true });
      return undefined;
    } catch (error) {
      if (!DriverError.is(error, 'conflict')) throw error;
    }
    const earlier = (await this.read(id))?.ending;
    if (ending.state === 'failed' || earlier?.state === 'completed') return earlier;
    await this.#driver.write(path, content);
    return undefined;
  }

  /** Removes other records that are too old. One that the storage keeps goes with a later one. */
  async #removeOld({ id, endedAt }: EndedChange): Promise<void> {
    const beforeMs = endedAt.getTime() - KEPT_MS;
    const candidates: string[] = [];
    try {
      for await (const { name } of this.#driver.list(this.#paths.collections.endedChanges())) {
        const [, time = ''] = /^change-(\d{8}T\d{9}Z)-/.exec(name) ?? [];
        const at = Date.parse(time.replace(/^(....)(..)(..T..)(..)(..)(...)Z$/, '$1-$2-$3:$4:$5.$6Z'));
        // The name says when it was announced; it may have ended much later.
        if (at < beforeMs && name !== id) candidates.push(name);
      }
    } catch (error) {
      if (!DriverError.is(error)) throw error;
    }
    for (const name of candidates) await this.#removeIfOld(name, beforeMs);
  }

  async #removeIfOld(id: string, beforeMs: number): Promise<void> {
    try {
      const endedAt = (await this.read(id))?.endedAt.getTime() ?? Number.NaN;
      if (endedAt >= beforeMs) return;
      await deleteIfPresent(this.#driver, this.#paths.collections.endedChange(id));
    } catch (error) {
      if (!DriverError.is(error)) throw error;
    }
  }
}
