import type { z } from 'zod';
import type { PolicySettings } from '../../../plugins/authorization/policy-settings.ts';
import type { Finding, KeyPath } from '../engine/problem.ts';
import { BadValue, quote, required, type Schema, scalar, section } from '../engine/schema.ts';
import type { ConfigNode, MapNode } from '../engine/tree.ts';
import { type AdminConfiguration, admin, toAdmin } from './admin.ts';
import { auth, checkAuth, toAuth } from './auth.ts';
import { TOKEN_SERVER, type TokenServerConfiguration, toTokenServer } from './auth-token-server.ts';
import { authorization, checkAuthorization, toAuthorization } from './authorization.ts';
import { type CompatibilityConfiguration, compatibility, toCompatibility } from './compatibility.ts';
import { foreignKeys } from './foreign.ts';
import { type HealthConfiguration, health, toHealth } from './health.ts';
import { checkHttp, type HttpConfiguration, http, toHttp } from './http.ts';
import { idleMetrics } from './http-debug.ts';
import { checkTls, findIdleTls } from './http-tls.ts';
import { catalog, tags, toCatalog, toTags } from './list-sizes.ts';
import { type LogConfiguration, log, loglevel, toLog } from './log.ts';
import { checkAudit } from './log-audit.ts';
import {
  type ListedRegistryWrapper,
  middleware,
  misspeltFrequency,
  toRegistryWrappers,
  toWrappers,
} from './middleware.ts';
import { notifications } from './notifications.ts';
import {
  expandBareName,
  expandPlainValue,
  expandSingleItem,
  type ListedPlugin,
  type PluginChoice,
} from './plugin-choice.ts';
import { expandBarePlugins, plugins, plugintimeout, toPlugins } from './plugins.ts';
import { policy } from './policy.ts';
import { proxy } from './proxy.ts';
import { type RedisConfiguration, redis, toRedis } from './redis.ts';
import { checkRedis, findIdleRedis } from './redis-checks.ts';
import { type RetentionConfiguration, retention, toRetention } from './retention.ts';
import { checkRetention, findIdleUntagged } from './retention-checks.ts';
import { checkUpstream, findIdleUpstream } from './scrub-upstream.ts';
import { COPY_FROM, checkSecondStorage, REPLICA } from './second-storage.ts';
import {
  checkStorage,
  driverKey,
  hastyCollection,
  hastyPurging,
  type StorageConfiguration,
  storage,
  toStorage,
} from './storage.ts';
import { toValidation, type ValidationConfiguration, validation } from './validation.ts';

export { adoptOldRedis } from './redis-legacy.ts';
export { driverKey } from './storage.ts';

const version: Schema<'0.1'> = scalar('0.1', (node) => {
  if (node.text !== '0.1') throw new BadValue(`unsupported version ${quote(node.text)}, expected 0.1`);
  return '0.1';
});

/** Everything that a configuration file of version 0.1 may say. Unknown keys are errors. */
export const configurationSchema = section({
  version: required(version, { description: 'version of the file format, always `0.1`' }),
  log,
  loglevel,
  storage,
  auth,
  authorization,
  admin,
  middleware,
  plugins,
  plugintimeout,
  http,
  notifications,
  redis,
  health,
  catalog,
  tags,
  proxy,
  validation,
  policy,
  retention,
  compatibility,
  ...foreignKeys,
});

/** Everything that the running registry obeys. It leaves out keys that are not in effect yet. */
export interface Configuration {
  readonly log: LogConfiguration;
  readonly storage: StorageConfiguration & {
    /** The first is next to the driver; those that are disabled are not here. */
    readonly wrappers: readonly ListedPlugin[];
  };
  /** The first is next to the storage; those that are disabled are not here. */
  readonly registryWrappers: readonly ListedRegistryWrapper[];
  readonly plugins: readonly ListedPlugin[];
  /** How long a step of loading a plugin may take; 0 means no limit. */
  readonly pluginTimeoutMs: number;
  /** None: open to everybody. The first that recognises credentials decides about them. */
  readonly auth: readonly PluginChoice[];
  /** The token server inside, which only some kinds of access control have. */
  readonly tokenServer: TokenServerConfiguration;
  /** Absent: whoever gets past the access controller may do everything. */
  readonly authorization?: PolicySettings;
  readonly admin: AdminConfiguration;
  readonly http: HttpConfiguration;
  readonly health: HealthConfiguration;
  /** Absent: no other instance shares the storage, or the instances do without Redis. */
  readonly redis?: RedisConfiguration;
  readonly catalog: { readonly maxEntries: number };
  readonly tags: { readonly maxTags: number };
  readonly validation: ValidationConfiguration;
  readonly retention: RetentionConfiguration;
  readonly compatibility: CompatibilityConfiguration;
}

/** The frozen configuration for settings that have passed all checks. */
export function toConfiguration(settings: z.output<typeof configurationSchema>, root: ConfigNode): Configuration {
  const access = toAuth(root);
  const rights = toAuthorization(settings.authorization);
  const connection = toRedis(settings.redis);
  return deepFreeze({
    log: toLog(settings.log),
    storage: { ...toStorage(settings.storage, root), wrappers: toWrappers(settings.middleware) },
    registryWrappers: toRegistryWrappers(settings.middleware),
    plugins: toPlugins(settings.plugins),
    pluginTimeoutMs: settings.plugintimeout,
    auth: access,
    tokenServer: toTokenServer(
      settings.auth?.token?.embedded,
      access.map(({ name }) => name),
    ),
    ...(rights && { authorization: rights }),
    admin: toAdmin(settings.admin),
    http: toHttp(settings.http),
    health: toHealth(settings.health),
    ...(connection && { redis: connection }),
    catalog: toCatalog(settings.catalog),
    tags: toTags(settings.tags),
    validation: toValidation(settings.validation),
    retention: toRetention(settings.retention),
    compatibility: toCompatibility(settings.compatibility),
  });
}

/** Expands the short forms of sections and list items. */
export function expandBareNames(root: MapNode): void {
  expandBareName(root, 'storage');
  expandBareName(root, 'auth');
  expandPlainValue(root, TOKEN_SERVER, 'enabled');
  expandSingleItem(root, [...TOKEN_SERVER, 'key']);
  expandBarePlugins(root);
}

/** Problems between keys that are each valid alone. They are found in the tree, so that they show even when a schema fails. */
export function crossChecks(root: ConfigNode, formatOrigin: (path: KeyPath) => string): Finding[] {
  return [
    ...checkStorage(root, formatOrigin),
    ...checkSecondStorage(root, REPLICA, driverKey(root)),
    ...checkSecondStorage(root, COPY_FROM, driverKey(root)),
    ...checkUpstream(root),
    ...checkAuth(root, formatOrigin),
    ...checkAuthorization(root),
    ...checkAudit(root),
    ...checkRetention(root),
    ...checkHttp(root),
    ...checkTls(root),
    ...checkRedis(root),
  ];
}

/** Keys that are valid and have no effect next to the others, or hardly the one that was meant. */
export function findDoubtful(root: ConfigNode): Finding[] {
  return [
    ...findIdleTls(root),
    ...findIdleRedis(root),
    ...idleMetrics(root),
    ...misspeltFrequency(root),
    ...hastyPurging(root),
    ...hastyCollection(root),
    ...findIdleUpstream(root),
    ...findIdleUntagged(root),
  ];
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}
