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

export const DRIVERS: PluginFamily = {
  noun: 'storage driver',
  prefix: 'stowage-driver-',
  builtIn: {
    filesystem: () => import('../../drivers/filesystem/index.ts'),
    gcs: () => import('../../drivers/gcs/index.ts'),
    inmemory: () => import('../../drivers/memory/index.ts'),
    memory: () => import('../../drivers/memory/index.ts'),
  },
  absent: {
    azure: LATER,
    oss: OF_DISTRIBUTION,
    rados: OF_DISTRIBUTION,
    s3: LATER,
    s3aws: LATER,
    s3goamz: OF_DISTRIBUTION,
    swift: OF_DISTRIBUTION,
    testdriver: OF_DISTRIBUTION,
  },
};

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
