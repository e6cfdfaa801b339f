import type { CopyOptions } from '../copy-session.ts';

/** How a storage is filled that is in use: what it has stays. */
export const FILLING: CopyOptions = {
  dryRun: false,
  verifies: false,
  deletes: false,
  onlyMissing: true,
  bytesPerSecond: Number.POSITIVE_INFINITY,
  concurrency: 1,
};
