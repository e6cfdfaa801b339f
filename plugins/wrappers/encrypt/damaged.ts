import { DriverError } from '../../../core/driver/index.ts';

/** Content that fails its authentication; its bytes must reach nobody. */
export function damaged(reason: string): DriverError {
  return new DriverError('damaged', { cause: new Error(`encrypt: ${reason}`) });
}
