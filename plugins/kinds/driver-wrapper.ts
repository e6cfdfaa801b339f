import { DRIVER_WRAPPER } from '../../core/di.ts';
import { type KindContract, methods, missingMembers } from './kind-contract.ts';

/** Stands in front of the storage driver: see `DriverWrapper`. */
export const driverWrapper: KindContract = {
  kind: 'driver-wrapper',
  token: DRIVER_WRAPPER,
  tokenName: 'DRIVER_WRAPPER',
  problems: (port) => missingMembers('driver wrapper', port, methods('wrap')),
};
