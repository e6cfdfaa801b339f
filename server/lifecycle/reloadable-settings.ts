import { X509Certificate } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { type Configuration, changedKeys, isReloadable, type LoadedConfiguration } from '../config/index.ts';
import { readTls, type TlsMaterial } from '../http/tls.ts';

/** The part of a configuration that can change while a registry runs. Survives JSON. */
export interface ReloadableSettings {
  readonly logLevel: Configuration['log']['level'];
  readonly readOnly: boolean;
  /** As in the configuration. */
  readonly secrets: readonly string[];
  /** Absent: plain HTTP. */
  readonly tls?: TlsMaterial;
}

/** A setting that differs; secrets and private keys are never shown. */
export interface Change {
  readonly key: string;
  readonly from?: unknown;
  readonly to?: unknown;
}

/**
 * The reloadable settings of a configuration; reads the files of `http.tls`.
 * @throws ConfigurationError when they cannot be used
 */
export async function readReloadableSettings(loaded: LoadedConfiguration): Promise<ReloadableSettings> {
  const { log, storage, http } = loaded.configuration;
  const tls = await readTls(loaded);
  return { logLevel: log.level, readOnly: storage.readOnly, secrets: http.secrets, ...(tls && { tls }) };
}

/** The configuration with other settings; those of TLS are in files and not in the configuration. */
export function withReloadableSettings(loaded: LoadedConfiguration, values: ReloadableSettings): LoadedConfiguration {
  const { log, storage, http, ...others } = loaded.configuration;
  const configuration: Configuration = {
    ...others,
    log: { ...log, level: values.logLevel },
    storage: { ...storage, readOnly: values.readOnly },
    http: { ...http, secrets: values.secrets },
  };
  return { ...loaded, configuration };
}

/** The settings of `wanted` that a registry with those of `running` can take over. */
export function reachableValues(running: ReloadableSettings, wanted: ReloadableSettings): ReloadableSettings {
  const { tls: _, ...others } = wanted;
  const tls = isTlsReachable(running, wanted) ? wanted.tls : running.tls;
  return {
    ...others,
    secrets: isSecretReachable(running, wanted) ? wanted.secrets : running.secrets,
    ...(tls && { tls }),
  };
}

/** What a new configuration is compared with. */
export interface Compared {
  /** What the registry was started with. */
  readonly start: LoadedConfiguration;
  /** The last one that was accepted. */
  readonly accepted: LoadedConfiguration;
  readonly running: ReloadableSettings;
  readonly wanted: ReloadableSettings;
}

/** The keys of a new configuration that differ and take effect only after a restart. */
export function keysForRestart(next: LoadedConfiguration, { start, accepted, running, wanted }: Compared): string[] {
  const fixed = changedKeys(start, next).filter((key) => !isReloadable(key));
  const unreachable = changedKeys(accepted, next).filter(
    (key) => isReloadable(key) && !isReachable(key, running, wanted),
  );
  return [...fixed, ...unreachable];
}

/** The differences between two sets of settings. */
export function changesBetween(before: ReloadableSettings, after: ReloadableSettings): Change[] {
  const changes: Change[] = [];
  if (before.logLevel !== after.logLevel) {
    changes.push({ key: 'log.level', from: before.logLevel, to: after.logLevel });
  }
  if (before.readOnly !== after.readOnly) {
    changes.push({ key: 'storage.maintenance.readonly.enabled', from: before.readOnly, to: after.readOnly });
  }
  if (!isDeepStrictEqual(before.secrets, after.secrets)) changes.push({ key: 'http.secret' });
  if (!isDeepStrictEqual(before.tls, after.tls)) changes.push({ key: 'http.tls', to: describeCertificate(after.tls) });
  return changes;
}

function describeCertificate(tls: TlsMaterial | undefined): string | undefined {
  const pem = tls?.options.cert;
  if (typeof pem !== 'string') return undefined;
  const { subject, validTo, fingerprint256 } = new X509Certificate(pem);
  return `${subject.replaceAll('\n', ', ')}, valid to ${validTo}, SHA-256 ${fingerprint256}`;
}

function isReachable(key: string, running: ReloadableSettings, wanted: ReloadableSettings): boolean {
  if (key.startsWith('http.tls.')) return isTlsReachable(running, wanted);
  return !key.startsWith('http.secret') || isSecretReachable(running, wanted);
}

// The server is created either with or without asking clients for certificates.
function isTlsReachable(running: ReloadableSettings, wanted: ReloadableSettings): boolean {
  return running.tls !== undefined && wanted.tls !== undefined && running.tls.clientAuth === wanted.tls.clientAuth;
}

// Without a secret, each process would make one of its own.
function isSecretReachable(running: ReloadableSettings, wanted: ReloadableSettings): boolean {
  return wanted.secrets.length > 0 || running.secrets.length === 0;
}
