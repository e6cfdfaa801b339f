import { hostname } from 'node:os';
import { settledWithin } from '../../core/async/settled-within.ts';
import type { StorageDriver } from '../../core/driver/index.ts';
import type { Logger } from '../../core/ports/logger.ts';
import { InstanceStore } from '../../core/storage/instance-store.ts';
import { isTemporary } from '../composition/temporary-secret.ts';
import type { Configuration } from '../config/index.ts';
import type { HttpSettings } from '../http/http-settings.ts';
import { fingerprintsOf } from './secret-fingerprint.ts';

const EVERY_MS = 86_400_000;
/** A start has more urgent work, and a process that ends soon need not be known. */
const FIRST_AFTER_MS = 10_000;
/** How long removing the record may delay a stop. */
const REMOVAL_MS = 1_000;

/** What an announcement is made of. */
export interface AnnouncementDependencies {
  readonly driver: StorageDriver;
  /** Change on a reload. */
  readonly settings: Pick<HttpSettings, 'secrets' | 'readOnly' | 'storageReadOnly'>;
  readonly log: Logger;
  /** The ids of the key files of the token server, the one that signs first, as they are now. */
  readonly tokenKeys: () => Promise<readonly string[]>;
}

/** `host:5000` */
export function instanceName({ http: { address } }: Configuration): string {
  return `${hostname()}:${'socket' in address ? address.socket : address.port}`;
}

/**
 * Tells the others on a shared storage which secrets and keys of tokens this instance has, as fingerprints, in the background: soon after the start and
 * every day, for `stowage doctor`. The record is removed at the stop. A failure costs nothing but the record.
 */
export class InstanceAnnouncement implements AsyncDisposable {
  readonly #name: string;
  readonly #store: InstanceStore;
  readonly #dependencies: AnnouncementDependencies;
  readonly #first = Promise.withResolvers<void>();
  #timer: NodeJS.Timeout;
  #last: Promise<void> | undefined;

  constructor(configuration: Configuration, dependencies: AnnouncementDependencies, firstAfterMs = FIRST_AFTER_MS) {
    this.#name = instanceName(configuration);
    this.#store = new InstanceStore(dependencies.driver);
    this.#dependencies = dependencies;
    this.#timer = this.#later(firstAfterMs);
  }

  /** Resolves when the first record is written, or could not be. */
  get written(): Promise<void> {
    return this.#first.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#last === undefined) return;
    const removal = this.#last.then(() => this.#store.remove(this.#name));
    await settledWithin(removal, REMOVAL_MS).catch(() => undefined);
  }

  #later(delayMs: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.#last = this.#announce().finally(() => this.#first.resolve());
      this.#timer = this.#later(EVERY_MS);
    }, delayMs).unref();
  }

  async #announce(): Promise<void> {
    const { settings, log, tokenKeys: readTokenKeys } = this.#dependencies;
    if (settings.readOnly || settings.storageReadOnly) return;
    try {
      const secrets = await fingerprintsOf(settings.secrets.filter((secret) => !isTemporary(secret)));
      const tokenKeys = await readTokenKeys();
      await this.#store.put(this.#name, { name: this.#name, writtenAt: new Date().toISOString(), secrets, tokenKeys });
    } catch (error) {
      log.debug({ err: error }, 'the record of this instance could not be written');
    }
  }
}
