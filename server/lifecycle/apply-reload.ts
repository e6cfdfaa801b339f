import type { Server } from 'node:http';
import { Server as TlsServer } from 'node:https';
import type { TokenProvider } from '../../core/ports/token-provider.ts';
import { HmacTokens } from '../../plugins/tokens/hmac.ts';
import type { OperatorLog } from '../composition/logger.ts';
import type { ChangeableHttpSettings } from '../http/http-settings.ts';
import type { ReloadableSettings } from './reloadable-settings.ts';

/** The parts of a running registry that take live values. */
export interface ReloadTargets {
  readonly log: OperatorLog;
  readonly settings: ChangeableHttpSettings;
  readonly tokens: TokenProvider;
  readonly server: Server;
}

/** Lets all of it take these values; requests that run keep what they began with. */
export function applyReload({ log, settings, tokens, server }: ReloadTargets, values: ReloadableSettings): void {
  // First, because it is the only one that can fail.
  if (values.tls !== undefined && server instanceof TlsServer) server.setSecureContext(values.tls.options);
  const [first, ...others] = values.secrets.map((secret) => Buffer.from(secret, 'utf8'));
  if (first !== undefined && tokens instanceof HmacTokens) tokens.replaceKeys([first, ...others]);
  settings.readOnly = values.readOnly;
  log.level = values.logLevel;
}
