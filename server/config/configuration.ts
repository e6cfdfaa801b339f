import { availableParallelism } from 'node:os';
import type { z } from 'zod';
import type { UrlPattern } from '../../core/registry/local/reference-verifier.ts';
import { type ListenAddress, parseTcpAddress, type TcpAddress } from './address.ts';
import { driverKey, listenAddress } from './check-together.ts';
import { type HealthConfiguration, toHealth } from './health.ts';
import { type RedisConfiguration, toRedis } from './redis-schema.ts';
import type { configurationSchema } from './schema.ts';
import { type TlsConfiguration, toTls } from './tls-schema.ts';
import { type ConfigNode, entriesAt, nodeAt, toPlain } from './tree.ts';

/** A plugin by its name in the file, with options that only its own schema understands. */
export interface PluginChoice {
  readonly name: string;
  readonly options: unknown;
}

/** A plugin in a list. */
export interface ListedPlugin extends PluginChoice {
  /** Its key, for example `middleware.storage[0]`. */
  readonly at: string;
}

/** Everything that the running registry obeys. Keys that are not in effect yet are not here. */
export interface Configuration {
  readonly log: {
    readonly level: 'error' | 'warn' | 'info' | 'debug';
    /** `json` also stands in for distribution's `logstash`. */
    readonly formatter: 'text' | 'json';
    readonly fields: Readonly<Record<string, unknown>>;
    /** Whether each request gets a line. */
    readonly accessLog: boolean;
  };
  readonly storage: {
    readonly driver: PluginChoice;
    readonly deleteEnabled: boolean;
    /** Whether blobs may be served by sending the client to a URL of the backend. */
    readonly redirectEnabled: boolean;
    readonly readOnly: boolean;
    /** Absent: unfinished uploads stay. */
    readonly uploadPurging?: { readonly ageMs: number; readonly intervalMs: number; readonly dryRun: boolean };
    /** The first is next to the driver; those that are disabled are not here. */
    readonly wrappers: readonly ListedPlugin[];
    /** Absent without a cache; `maxEntries` is absent for no limit. With `redis`, `redis` is there, too. */
    readonly descriptorCache?: 'redis' | { readonly maxEntries?: number };
  };
  readonly plugins: readonly ListedPlugin[];
  /** How long a step of loading a plugin may take; 0 means no limit. */
  readonly pluginTimeoutMs: number;
  /** Absent: open to everybody. */
  readonly auth?: PluginChoice;
  readonly http: HttpConfiguration;
  readonly health: HealthConfiguration;
  /** Absent: the processes of this registry are the only ones on its storage, or do without Redis. */
  readonly redis?: RedisConfiguration;
  readonly catalog: { readonly maxEntries: number };
  readonly tags: { readonly maxTags: number };
  readonly validation: {
    readonly enabled: boolean;
    /** With both lists empty every http(s) URL is allowed. */
    readonly urls: { readonly allow: readonly UrlPattern[]; readonly deny: readonly UrlPattern[] };
    readonly indexes: {
      readonly platforms: 'all' | 'none' | 'list';
      /** The platforms that `list` means. */
      readonly platformList: readonly { readonly architecture: string; readonly os: string }[];
    };
  };
}

/** How the registry is reached. */
export interface HttpConfiguration {
  readonly address: ListenAddress;
  /** What absolute locations begin with, for example `https://registry.example.com:5000/images`; no slash at the end. */
  readonly externalUrl?: string;
  /** How many processes share the address, at least 1. */
  readonly workers: number;
  /** Path before `/v2/`: empty, or from a `/` to no `/`. */
  readonly prefix: string;
  readonly relativeUrls: boolean;
  /** The first signs, all verify. Empty: the process has to make its own. None is an empty text. */
  readonly secrets: readonly string[];
  /** Absent: tokens do not age. */
  readonly maxTokenAgeMs?: number;
  /** With `redis`, the configuration of Redis is there, too. */
  readonly tokenProvider: 'hmac' | 'redis';
  readonly maxManifestBytes: number;
  /** 0: running requests are cut off. */
  readonly drainTimeoutMs: number;
  /** How long requests are still accepted after the signal to stop. */
  readonly drainDelayMs: number;
  /** 0 means no limit. */
  readonly timeouts: { readonly headersMs: number; readonly idleMs: number; readonly keepAliveMs: number };
  readonly headers: Readonly<Record<string, readonly string[]>>;
  /** Absent: plain HTTP. */
  readonly tls?: TlsConfiguration;
  /** Where the debug server listens; absent: there is none. */
  readonly debugAddress?: TcpAddress;
  /** Where the debug server shows metrics; absent: it does not, and nothing is counted. */
  readonly metricsPath?: string;
}

type Settings = z.output<typeof configurationSchema>;

/** Without a pause between them purges would do nothing else than look. */
const LEAST_PURGE_INTERVAL_MS = 1_000;
const DEFAULT_PAGE = 1000;

/** The frozen configuration behind checked settings. */
export function toConfiguration(settings: Settings, root: ConfigNode): Configuration {
  const { log, storage, catalog, tags, validation } = settings;
  const { maintenance, cache } = storage;
  const { uploadpurging: purging } = maintenance;
  const auth = toAuth(root);
  const redis = toRedis(settings.redis);
  const maxEntries = cache.blobdescriptorsize > 0 ? { maxEntries: cache.blobdescriptorsize } : {};
  return deepFreeze({
    log: {
      level: log.level,
      formatter: log.formatter === 'text' ? 'text' : 'json',
      fields: log.fields,
      accessLog: !log.accesslog.disabled,
    },
    storage: {
      driver: toChoice(root, 'storage', driverKey(root) ?? ''),
      deleteEnabled: storage.delete.enabled,
      redirectEnabled: !storage.redirect.disable,
      readOnly: maintenance.readonly.enabled,
      ...(purging.enabled && {
        uploadPurging: {
          ageMs: purging.age,
          intervalMs: Math.max(LEAST_PURGE_INTERVAL_MS, purging.interval),
          dryRun: purging.dryrun,
        },
      }),
      wrappers: settings.middleware.storage
        .map(({ name, options, disabled }, index) => ({ disabled, name, options, at: `middleware.storage[${index}]` }))
        .flatMap(({ disabled, ...wrapper }) => (disabled ? [] : [wrapper])),
      ...(cache.blobdescriptor === 'inmemory' && { descriptorCache: maxEntries }),
      ...(cache.blobdescriptor === 'redis' && { descriptorCache: 'redis' }),
    },
    plugins: settings.plugins.map(({ use, options }, index) => ({ name: use, options, at: `plugins[${index}]` })),
    pluginTimeoutMs: settings.plugintimeout,
    ...(auth && { auth }),
    http: toHttp(settings.http),
    health: toHealth(settings.health),
    ...(redis && { redis }),
    catalog: { maxEntries: catalog.maxentries > 0 ? catalog.maxentries : DEFAULT_PAGE },
    tags: { maxTags: tags.maxtags > 0 ? tags.maxtags : DEFAULT_PAGE },
    validation: {
      enabled: validation.enabled || !validation.disabled,
      urls: validation.manifests.urls,
      indexes: {
        platforms: validation.manifests.indexes.platforms,
        platformList: validation.manifests.indexes.platformlist,
      },
    },
  });
}

function toHttp(http: Settings['http']): HttpConfiguration {
  const { timeouts } = http;
  const tls = toTls(http.tls);
  return {
    address: listenAddress(http.net, http.addr),
    ...(http.host && { externalUrl: http.host }),
    workers: http.workers === 'auto' ? availableParallelism() : http.workers,
    prefix: http.prefix,
    relativeUrls: http.relativeurls,
    secrets: [...(http.secret ? [http.secret] : []), ...http.secrets],
    ...(http.maxtokenage > 0 && { maxTokenAgeMs: http.maxtokenage }),
    tokenProvider: http.tokenprovider,
    maxManifestBytes: http.maxmanifestsize,
    drainTimeoutMs: http.draintimeout,
    drainDelayMs: http.draindelay,
    timeouts: { headersMs: timeouts.headers, idleMs: timeouts.idle, keepAliveMs: timeouts.keepalive },
    headers: http.headers,
    ...(tls && { tls }),
    ...(http.debug.addr && { debugAddress: parseTcpAddress(http.debug.addr) }),
    ...(http.debug.addr && http.debug.prometheus.enabled && { metricsPath: http.debug.prometheus.path }),
  };
}

function toAuth(root: ConfigNode): PluginChoice | undefined {
  const name = entriesAt(root, ['auth'])[0]?.[0];
  return name === undefined || name === 'none' ? undefined : toChoice(root, 'auth', name);
}

function toChoice(root: ConfigNode, section: string, name: string): PluginChoice {
  const node = nodeAt(root, [section, name]);
  return { name, options: (node && toPlain(node)) ?? {} };
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}
