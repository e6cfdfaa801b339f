import type { LoadedConfiguration } from '../../server/config/index.ts';

/** Limits that a command was given instead of those of the configuration. */
export interface GivenLimits {
  /** How many calls to the storage are made each second at most; 0: as many as possible. */
  readonly callRate?: number | undefined;
  /** How many bytes are read each second at most. */
  readonly bytesPerSecond?: number | undefined;
}

/** A configuration with other limits of a job. */
export function withLimits(
  loaded: LoadedConfiguration,
  job: 'gc' | 'scrub',
  { callRate, bytesPerSecond }: GivenLimits,
): LoadedConfiguration {
  const { configuration } = loaded;
  const { storage } = configuration;
  const limits = {
    ...(callRate !== undefined && { callsPerSecond: callRate === 0 ? undefined : callRate }),
    ...(bytesPerSecond !== undefined && { bytesPerSecond }),
  };
  const changed = { ...storage, [job]: { ...storage[job], ...limits } };
  return { ...loaded, configuration: { ...configuration, storage: changed } };
}
