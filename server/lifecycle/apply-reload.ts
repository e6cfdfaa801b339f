import type { Server } from 'node:http';
import { Server as TlsServer } from 'node:https';
import type { TokenProvider } from '../../core/ports/token-provider.ts';
import type { OperatorLog } from '../composition/logger.ts';
import type { Configuration } from '../config/index.ts';
import { type HttpSettings, toHttpSettings } from '../http/http-settings.ts';
import type { TlsMaterial } from '../http/tls.ts';

/** The parts of a running registry that take over reloaded settings. */
export interface ReloadTargets {
  readonly log: OperatorLog;
  readonly settings: HttpSettings;
  readonly tokens: TokenProvider;
  readonly server: Server;
}

/** What is in effect from now on. */
export interface Reloaded {
  /** Differs from that of the start only in keys that are marked `reloads`. */
  readonly configuration: Configuration;
  /** Absent: plain HTTP. */
  readonly tls: TlsMaterial | undefined;
}

/** Applies settings to a running registry; running requests keep those that they began with. */
export function applyReload({ log, settings, tokens, server }: ReloadTargets, { configuration, tls }: Reloaded): void {
  // First, because only this can fail.
  if (tls !== undefined && server instanceof TlsServer) server.setSecureContext(tls.options);
  const [first, ...others] = configuration.http.secrets;
  if (first !== undefined) tokens.rotate?.([first, ...others]);
  Object.assign(settings, toHttpSettings(configuration));
  log.level = configuration.log.level;
}
