import { X509Certificate } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import {
  changedKeys,
  isReloadable,
  isSecretPath,
  type LoadedConfiguration,
  parseKey,
  RELOADABLE_KEYS,
  type ReloadableValues,
  readValue,
  reloadableValues,
  valueOfText,
  withReloadableValues,
} from '../config/index.ts';
import { readTls, type TlsMaterial } from '../http/tls.ts';

const TLS = 'http.tls.';
const SECRET = 'http.secret';
const AUTHORIZATION = 'authorization';
/** They have no effect without {@link SECRET}. */
const SECRETS = 'http.secrets';

/** The part of a configuration that can change while a registry runs. Survives JSON. */
export interface ReloadableSettings {
  readonly values: ReloadableValues;
  /** What is in the files of `http.tls`; absent: plain HTTP. */
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
  const tls = await readTls(loaded);
  return { values: reloadableValues(loaded), ...(tls && { tls }) };
}

/** The configuration with other settings. */
export function withReloadableSettings(
  loaded: LoadedConfiguration,
  { values }: ReloadableSettings,
): LoadedConfiguration {
  return withReloadableValues(loaded, values);
}

/** The settings with a secret that signs upload tokens. */
export function withSecret(settings: ReloadableSettings, secret: string): ReloadableSettings {
  return { ...settings, values: { ...settings.values, [SECRET]: valueOfText(secret) } };
}

/** The settings of `wanted` that a registry with those of `running` can take over. */
export function reachableSettings(running: ReloadableSettings, wanted: ReloadableSettings): ReloadableSettings {
  const ofRunning = Object.entries(running.values).filter(([key]) => !isReachable(key, running, wanted));
  const ofWanted = Object.entries(wanted.values).filter(([key]) => isReachable(key, running, wanted));
  const tls = isTlsReachable(running, wanted) ? wanted.tls : running.tls;
  return { values: Object.fromEntries([...ofRunning, ...ofWanted]), ...(tls && { tls }) };
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

/** The differences between two sets of settings, each key once. */
export function changesBetween(before: ReloadableSettings, after: ReloadableSettings): Change[] {
  const changes = new Map<string, Change>();
  for (const key of RELOADABLE_KEYS) {
    const [from, to] = [readValue(before.values, key), readValue(after.values, key)];
    // A change of the files counts as well, and only that of what is in them.
    if (key.startsWith(TLS) || isDeepStrictEqual(from, to)) continue;
    const reported = key === SECRETS ? SECRET : key;
    changes.set(reported, { key: reported, ...(!isSecretPath(parseKey(key)) && { from, to }) });
  }
  if (!isDeepStrictEqual(before.tls, after.tls)) {
    changes.set(TLS, { key: 'http.tls', to: describeCertificate(after.tls) });
  }
  return [...changes.values()];
}

function describeCertificate(tls: TlsMaterial | undefined): string | undefined {
  const pem = tls?.options.cert;
  if (typeof pem !== 'string') return undefined;
  const { subject, validTo, fingerprint256 } = new X509Certificate(pem);
  return `${subject.replaceAll('\n', ', ')}, valid to ${validTo}, SHA-256 ${fingerprint256}`;
}

function isReachable(key: string, running: ReloadableSettings, wanted: ReloadableSettings): boolean {
  if (key.startsWith(TLS)) return isTlsReachable(running, wanted);
  // A file that is half written must not open the registry.
  if (key === AUTHORIZATION || key.startsWith(`${AUTHORIZATION}.`)) {
    return AUTHORIZATION in wanted.values || !(AUTHORIZATION in running.values);
  }
  return (key !== SECRET && key !== SECRETS) || isSecretReachable(running, wanted);
}

// The server is created either with or without asking clients for certificates.
function isTlsReachable(running: ReloadableSettings, wanted: ReloadableSettings): boolean {
  return running.tls !== undefined && wanted.tls !== undefined && running.tls.clientAuth === wanted.tls.clientAuth;
}

// Without a secret, each process would generate its own.
function isSecretReachable(running: ReloadableSettings, wanted: ReloadableSettings): boolean {
  return hasSecret(wanted) || !hasSecret(running);
}

function hasSecret({ values }: ReloadableSettings): boolean {
  return Boolean(readValue(values, SECRET));
}
