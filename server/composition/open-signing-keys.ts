import { resolve } from 'node:path';
import type { StorageDriver } from '../../core/driver/index.ts';
import type { Logger } from '../../core/ports/logger.ts';
import { PathMapper } from '../../core/storage/paths/path-mapper.ts';
import { DerivedSigningKeys } from '../../plugins/auth/embedded/derived-signing-keys.ts';
import { KeyFileError, SigningKeyFiles } from '../../plugins/auth/embedded/signing-key-files.ts';
import type { SigningKeySource } from '../../plugins/auth/embedded/signing-keys.ts';
import { StoredSigningKey } from '../../plugins/auth/embedded/stored-signing-key.ts';
import { errorMessage } from '../../plugins/loading/error-message.ts';
import { ConfigurationError, formatKey, type KeyPath, type LoadedConfiguration } from '../config/index.ts';
import type { HttpSettings } from '../http/http-settings.ts';
import { isTemporary } from './temporary-secret.ts';

const KEY: KeyPath = ['auth', 'token', 'embedded', 'key'];
const MIN_SECRET_LENGTH = 32;

/** The keys that sign tokens, and whether they are good enough. */
export interface TokenKeys {
  readonly source: SigningKeySource;
  /** Why no tokens may be signed now; `undefined` while they may. */
  readonly problem: () => string | undefined;
  /** Whether the keys are the same after a restart. */
  readonly areLasting: () => boolean;
}

/** Where the keys come from that are in no file. */
export interface SigningKeysDependencies {
  /** A reload changes its secrets. */
  readonly settings: HttpSettings;
  readonly driver: StorageDriver;
  readonly log: Logger;
}

type Configured = Pick<LoadedConfiguration, 'configuration' | 'baseFolder' | 'locate'>;

/**
 * The keys in the configured files; otherwise those that are derived from `http.secret`; without it, a key in the storage if
 * instances share one, and else a key of this process.
 * @throws ConfigurationError when a file cannot be used
 */
export async function openSigningKeys(loaded: Configured, dependencies: SigningKeysDependencies): Promise<TokenKeys> {
  const { settings, driver, log } = dependencies;
  const files = await openKeyFiles(loaded, log);
  if (files !== undefined) return { source: files, problem: () => undefined, areLasting: () => true };
  const derived = new DerivedSigningKeys(() => settings.secrets);
  // Other instances must accept the tokens.
  const isShared = loaded.configuration.redis !== undefined && driver.capabilities.shared;
  const isConfigured = (): boolean => settings.secrets.some((secret) => !isTemporary(secret));
  if (isConfigured() || !isShared) {
    return { source: derived, problem: () => problemWithSecrets(settings.secrets), areLasting: isConfigured };
  }
  const stored = await openStored(dependencies);
  return {
    source: { current: () => (isConfigured() || typeof stored === 'string' ? derived : stored).current() },
    problem: () => (typeof stored === 'string' && !isConfigured() ? stored : problemWithSecrets(settings.secrets)),
    areLasting: () => true,
  };
}

/**
 * Opens the configured key files; `undefined` without any.
 * @throws ConfigurationError when one cannot be used
 */
export async function openKeyFiles(
  loaded: Configured,
  log: Pick<Logger, 'warn'>,
): Promise<SigningKeyFiles | undefined> {
  const { keyFiles } = loaded.configuration.tokenServer;
  if (keyFiles.length === 0) return undefined;
  const paths = keyFiles.map((file) => resolve(loaded.baseFolder, file));
  try {
    return await SigningKeyFiles.open(paths, {
      warn: (message, fields = {}) => log.warn(fields, message),
      now: Date.now,
    });
  } catch (error) {
    if (!(error instanceof KeyFileError)) throw error;
    const key: KeyPath = [...KEY, error.index];
    throw new ConfigurationError([{ ...loaded.locate(key), key: formatKey(key), message: error.message }]);
  }
}

/**
 * The ids of the keys in the configured files, the one that signs first; none without files, or without a token server. They
 * are computed from the public halves, which everybody may know.
 * @throws ConfigurationError when a file cannot be used
 */
export async function keyFileIds(loaded: Configured): Promise<readonly string[]> {
  if (loaded.configuration.tokenServer.isEnabled === false) return [];
  const files = await openKeyFiles(loaded, { warn: () => undefined });
  return [...((await files?.current())?.trusted.ids ?? [])];
}

/** The key in the storage, or why there is none. */
async function openStored({ driver, settings }: SigningKeysDependencies): Promise<StoredSigningKey | string> {
  const isReadOnly = settings.readOnly || settings.storageReadOnly;
  try {
    return await StoredSigningKey.open(driver, new PathMapper().accessTokens.signingKey(), { isReadOnly });
  } catch (error) {
    return `the instances have no http.secret, and no key in the storage: ${errorMessage(error)}`;
  }
}

/** Who finds out the secret from which keys are derived can be any user. */
function problemWithSecrets(secrets: readonly string[]): string | undefined {
  if (secrets.every((secret) => secret.length >= MIN_SECRET_LENGTH)) return undefined;
  return `http.secret must have at least ${MIN_SECRET_LENGTH} characters for them (openssl rand -hex 32)`;
}
