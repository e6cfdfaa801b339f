import type { Server } from 'node:http';
import { Server as TlsServer } from 'node:https';
import type { TokenProvider } from '../../core/ports/token-provider.ts';
import type { OperatorLog } from '../composition/logger.ts';
import type { ChangeableHttpSettings } from '../http/http-settings.ts';
import type { ReloadableSettings } from './reloadable-settings.ts';

/** The parts of a running registry that take over reloaded settings. */
export interface ReloadTargets {
  readonly log: OperatorLog;
  readonly settings: ChangeableHttpSettings;
  readonly tokens: TokenProvider;
  readonly server: Server;
}

/** Applies settings to a running registry; running requests keep those that they began with. */
export function applyReload({ log, settings, tokens, server }: ReloadTargets, values: ReloadableSettings): void {
  // First, because only this can fail.
  if (values.tls !== undefined && server instanceof TlsServer) server.setSecureContext(values.tls.options);
  const [first, ...others] = values.secrets;
  if (first !== undefined) tokens.rotate?.([first, ...others]);
  settings.readOnly = values.readOnly;
  log.level = values.logLevel;
}
