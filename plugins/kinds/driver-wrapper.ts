import { DRIVER_WRAPPER } from '../../core/ports/index.ts';
import { type KindContract, type Members, methods, missingMembers } from './kind-contract.ts';
import { OF_DISTRIBUTION } from './plugin-family.ts';

/** Wraps the storage driver: see `DriverWrapper`. */
export const driverWrapper: KindContract = {
  kind: 'driver-wrapper',
  token: DRIVER_WRAPPER,
  tokenName: 'DRIVER_WRAPPER',
  noun: 'driver wrapper',
  prefix: 'stowage-wrapper-',
  allows: 'many',
  keys: ['middleware.storage'],
  builtIn: {
    redirect: () => import('../wrappers/redirect.ts'),
    rewrite: () => import('../wrappers/rewrite.ts'),
    cache: () => import('../wrappers/cache/index.ts'),
    encrypt: () => import('../wrappers/encrypt/index.ts'),
    throttle: () => import('../wrappers/throttle/index.ts'),
    readonly: () => import('../wrappers/readonly.ts'),
    metrics: () => import('../wrappers/metrics/index.ts'),
    fault: () => import('../wrappers/fault/index.ts'),
  },
  absent: { alicdn: OF_DISTRIBUTION, cloudfront: OF_DISTRIBUTION, googlecdn: OF_DISTRIBUTION },
  problems: (port) => [
    ...missingMembers('driver wrapper', port, methods('wrap')),
    ...(hasMetrics(port) ? missingMembers('metrics object', port.metrics, METRICS) : []),
  ],
};

const METRICS: Members = new Map([
  ['snapshot', 'function'],
  ['boundsSeconds', 'object'],
]);

function hasMetrics(port: unknown): port is { readonly metrics: unknown } {
  return typeof port === 'object' && port !== null && 'metrics' in port && port.metrics !== undefined;
}
