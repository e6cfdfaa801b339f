import { setTimeout as delay } from 'node:timers/promises';
import { inject, injectable } from '../di.ts';
import { RegistryError } from '../model/errors.ts';
import type { RepositoryName, UploadId } from '../model/reference.ts';
import { UploadSessions } from '../registry/local/upload-sessions.ts';
import { type UploadTrace, UploadTraces } from '../registry/local/upload-traces.ts';
import { RepositoryStore } from '../storage/repository-store.ts';
import { UploadStore } from '../storage/upload-store.ts';
import {
  type EntriesRequest,
  type EntryOfRepository,
  entriesByRepository,
  entryCursor,
} from './entries-by-repository.ts';

/** An upload that has stored bytes, and is neither finished nor cancelled. */
export interface UploadInProgress {
  readonly repository: RepositoryName;
  readonly id: UploadId;
  readonly startedAt: Date | undefined;
  readonly bytes: number;
  /** What a process knows of it that has written it. */
  readonly trace: UploadTrace | undefined;
}

/** A part of the list. */
export interface UploadsPage {
  readonly uploads: readonly UploadInProgress[];
  /** Where the next page begins; absent on the last one. */
  readonly next: string | undefined;
}

/** Which part of the list is wanted. */
export interface UploadsRequest extends EntriesRequest {
  /** At most so many, at least 1. */
  readonly limit: number;
}

type UploadName = EntryOfRepository<UploadId>;

/** How often, and for how long in all, a cancelled request is waited for. */
const [WAIT_MS, MAX_WAITS] = [50, 100];

/** What operators do with uploads in progress. */
@injectable()
export class UploadAdministration {
  readonly #repositories: RepositoryStore;
  readonly #uploads: UploadStore;
  readonly #sessions: UploadSessions;
  readonly #traces: UploadTraces;

  constructor(
    @inject(RepositoryStore) repositories: RepositoryStore,
    @inject(UploadStore) uploads: UploadStore,
    @inject(UploadSessions) sessions: UploadSessions,
    @inject(UploadTraces) traces: UploadTraces,
  ) {
    this.#repositories = repositories;
    this.#uploads = uploads;
    this.#sessions = sessions;
    this.#traces = traces;
  }

  /**
   * Lists uploads by repository and id. Without a repository it lists the folders of all of them up to the end of the page; with
   * one, one folder. In addition, two driver calls for each upload on the page, and a message to each process.
   */
  async list({ limit, ...request }: UploadsRequest): Promise<UploadsPage> {
    const source = { names: () => this.#repositories.walk(), ids: this.#idsAfter.bind(this) };
    const found: UploadName[] = [];
    for await (const entry of entriesByRepository(source, request)) {
      found.push(entry);
      if (found.length > limit) break;
    }
    const page = found.slice(0, limit);
    const traces = await this.#traces.ask(page.map(({ id }) => id));
    const uploads = await Promise.all(page.map((upload) => this.#look(upload, traces.get(upload.id))));
    const last = page.at(-1);
    const next = found.length > limit && last !== undefined ? entryCursor(last) : undefined;
    return { uploads: uploads.filter((upload) => upload !== undefined), next };
  }

  /**
   * Cancels an upload and removes its bytes: a request that writes it is ended, and the next one is answered
   * `BLOB_UPLOAD_UNKNOWN`.
   * @throws RegistryError `BLOB_UPLOAD_UNKNOWN` without such an upload, `STATE_CONFLICT` when a request does not end within five seconds
   */
  async cancel(name: RepositoryName, id: UploadId): Promise<void> {
    if ((await this.#uploads.lastChange(name, id)) === undefined) {
      throw new RegistryError('BLOB_UPLOAD_UNKNOWN', { name, uuid: id });
    }
    await this.#traces.cancel(id);
    for (let waits = 0; waits < MAX_WAITS; waits += 1) {
      await using lock = (await this.#sessions.tryAcquire(id)) ?? null;
      if (lock !== null) {
        this.#sessions.end(id);
        await this.#uploads.remove(name, id);
        return;
      }
      await delay(WAIT_MS);
    }
    throw new RegistryError('STATE_CONFLICT', { name, uuid: id, reason: 'a request is completing the upload' });
  }

  async *#idsAfter(name: RepositoryName, after = ''): AsyncGenerator<UploadId, void, undefined> {
    for (const id of await this.#uploads.ids(name)) if (id > after) yield id;
  }

  /** `undefined` for one that has ended meanwhile. */
  async #look(upload: UploadName, trace: UploadTrace | undefined): Promise<UploadInProgress | undefined> {
    const { repository, id } = upload;
    const startedAt = await this.#uploads.startedAt(repository, id);
    const bytes = trace?.isActive === true ? trace.bytes : await this.#uploads.size(repository, id);
    return startedAt === undefined && bytes === 0 ? undefined : { ...upload, startedAt, bytes, trace };
  }
}
