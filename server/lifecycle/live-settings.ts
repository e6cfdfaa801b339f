import type { Server } from 'node:http';
import { Server as TlsServer } from 'node:https';
import { createSecureContext } from 'node:tls';
import { isDeepStrictEqual } from 'node:util';
import { settledWithin } from '../../core/async/settled-within.ts';
import type { TokenProvider } from '../../core/ports/token-provider.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { OperatorLog } from '../composition/logger.ts';
import type { Configuration } from '../config/index.ts';
import { type HttpSettings, toHttpSettings } from '../http/http-settings.ts';
import type { TlsMaterial } from '../http/tls.ts';

/** How long a token provider may take to adopt new secrets, in milliseconds. */
const ROTATE_MS = 30_000;

/** The parts of a running registry that take over reloaded settings. */
export interface LiveSettingsDependencies {
  readonly log: OperatorLog;
  readonly settings: HttpSettings;
  readonly tokens: TokenProvider;
  readonly server: Server;
  readonly audit: Pick<AuditLog, 'prepare'>;
}

/** How they take them over. */
export interface LiveSettingsOptions {
  /** What the registry was started with. */
  readonly start: Configuration;
  /** How long the token provider may take, in milliseconds; default 30 s. */
  readonly rotateMs?: number;
}

/** What is in effect from now on. */
export interface Reloaded {
  /** Differs from that of the start only in keys that are marked `reloads`. */
  readonly configuration: Configuration;
  /** Absent: plain HTTP. */
  readonly tls: TlsMaterial | undefined;
}

/** The settings of a running registry that can be reloaded; running requests keep those that they began with. */
export class LiveSettings {
  readonly #dependencies: LiveSettingsDependencies;
  readonly #rotateMs: number;
  /** The secrets of the token provider; absent when it may have any, because taking over others has failed. */
  #secrets: readonly string[] | undefined;

  constructor(dependencies: LiveSettingsDependencies, { start, rotateMs = ROTATE_MS }: LiveSettingsOptions) {
    this.#dependencies = dependencies;
    this.#rotateMs = rotateMs;
    this.#secrets = start.http.secrets;
  }

  /**
   * Replaces all of them; one call at a time.
   * @throws Error when they cannot be used; then none is replaced
   */
  async replace({ configuration, tls }: Reloaded): Promise<void> {
    const { log, settings, server, audit } = this.#dependencies;
    // What can fail comes first: whether the server can use the certificate and the file of the audit log
    // can be written, then whether the provider takes the secrets.
    if (tls !== undefined) createSecureContext(tls.options);
    using audited = audit.prepare(configuration.log.audit);
    await this.#rotate(configuration.http.secrets);
    if (tls !== undefined && server instanceof TlsServer) server.setSecureContext(tls.options);
    Object.assign(settings, toHttpSettings(configuration));
    log.level = configuration.log.level;
    audited.adopt();
  }

  async #rotate(secrets: readonly string[]): Promise<void> {
    const { tokens } = this.#dependencies;
    const [first, ...others] = secrets;
    if (first === undefined || isDeepStrictEqual(secrets, this.#secrets)) return;
    this.#secrets = undefined;
    const rotate = async (): Promise<void> => tokens.rotate?.([first, ...others]);
    if (!(await settledWithin(rotate(), this.#rotateMs))) {
      throw new Error(`the token provider has not taken over http.secret within ${this.#rotateMs / 1000} seconds`);
    }
    this.#secrets = secrets;
  }
}
