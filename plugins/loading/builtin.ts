import { BUILTIN_DRIVERS, type BuiltinDriver, MISSING_DRIVERS } from '../../drivers/builtin-drivers.ts';
import type { PluginKind } from '../plugin.ts';

/** Plugins that are looked for in the same way. */
export interface PluginFamily {
  /** What one of them is called in messages. */
  readonly noun: string;
  /** What the name of a package begins with. */
  readonly prefix: string;
  /** Those that come with Stowage; each gives a module with a default export. */
  readonly builtIn: Readonly<Record<string, () => Promise<unknown>>>;
  /**
   * Names of parts of distribution or of a later Stowage, with the reason why each is missing. None is looked for among
   * packages: a stranger could publish one of that name.
   */
  readonly absent?: Readonly<Record<string, string>>;
}

const LATER = 'it comes with a later version';
const OF_DISTRIBUTION = 'it is one of distribution that Stowage does not have';

/** How drivers are looked for. */
export function driverFamily(drivers: readonly BuiltinDriver[]): PluginFamily {
  const named = drivers.flatMap(({ name, aliases = [], load }) =>
    [name, ...aliases].map((key) => [key, load] as const),
  );
  return {
    noun: 'storage driver',
    prefix: 'stowage-driver-',
    builtIn: Object.fromEntries(named),
    absent: MISSING_DRIVERS,
  };
}

export const DRIVERS: PluginFamily = driverFamily(BUILTIN_DRIVERS);

export const PLUGINS: Readonly<Record<PluginKind, PluginFamily>> = {
  'access-controller': {
    noun: 'access controller',
    prefix: 'stowage-auth-',
    builtIn: {
      none: () => import('../auth/open.ts'),
      silly: () => import('../auth/silly.ts'),
      htpasswd: () => import('../auth/htpasswd/index.ts'),
    },
    absent: { token: LATER },
  },
  'descriptor-cache': {
    noun: 'descriptor cache',
    prefix: 'stowage-cache-',
    builtIn: {
      inmemory: () => import('../caches/inmemory.ts'),
      redis: () => import('../caches/redis.ts'),
    },
  },
  'driver-wrapper': {
    noun: 'driver wrapper',
    prefix: 'stowage-wrapper-',
    builtIn: {
      redirect: () => import('../wrappers/redirect.ts'),
      rewrite: () => import('../wrappers/rewrite.ts'),
      cache: () => import('../wrappers/cache/index.ts'),
      readonly: () => import('../wrappers/readonly.ts'),
      metrics: () => import('../wrappers/metrics/index.ts'),
      fault: () => import('../wrappers/fault/index.ts'),
    },
    absent: { alicdn: OF_DISTRIBUTION, cloudfront: OF_DISTRIBUTION, googlecdn: OF_DISTRIBUTION },
  },
  'event-sink': { noun: 'event sink', prefix: 'stowage-events-', builtIn: {} },
  'route-extension': { noun: 'route extension', prefix: 'stowage-routes-', builtIn: {} },
  'token-provider': {
    noun: 'token provider',
    prefix: 'stowage-tokens-',
    builtIn: {
      hmac: () => import('../tokens/hmac.ts'),
      redis: () => import('../tokens/redis.ts'),
    },
  },
};

/** What `plugins:` names: plugins of whatever kind. */
export const ANY_PLUGIN: PluginFamily = { noun: 'plugin', prefix: 'stowage-', builtIn: {} };

/** Every name that is known in a family, of those that come with Stowage first. */
export function namesIn({ builtIn, absent = {} }: PluginFamily): string[] {
  return [...Object.keys(builtIn), ...Object.keys(absent)];
}
