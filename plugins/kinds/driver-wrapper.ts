import { DRIVER_WRAPPER } from '../../core/di.ts';
import { type KindContract, type Members, methods, missingMembers } from './kind-contract.ts';

/** Stands in front of the storage driver: see `DriverWrapper`. */
export const driverWrapper: KindContract = {
  kind: 'driver-wrapper',
  token: DRIVER_WRAPPER,
  tokenName: 'DRIVER_WRAPPER',
  problems: (port) => [
    ...missingMembers('driver wrapper', port, methods('wrap')),
    ...(hasMetrics(port) ? missingMembers('object of figures', port.figures, FIGURES) : []),
  ],
};

const FIGURES: Members = new Map([
  ['snapshot', 'function'],
  ['boundsSeconds', 'object'],
]);

function hasMetrics(port: unknown): port is { readonly figures: unknown } {
  return typeof port === 'object' && port !== null && 'figures' in port && port.figures !== undefined;
}
