import type { z } from 'zod';
import { namesIn } from '../../../plugins/kinds/plugin-family.ts';
import { DRIVERS } from '../../../plugins/kinds/storage-driver.ts';
import { duration, flag, integer, size } from '../engine/scalars.ts';
import { group, options, setting } from '../engine/schema.ts';
import type { ConfigNode } from '../engine/tree.ts';
import type { PluginChoice } from './plugin-choice.ts';
import { toUpstream, type UpstreamConfiguration, upstream } from './scrub-upstream.ts';
import { REPLICA, secondStorageOf } from './second-storage.ts';

/** How stored content is verified, and from where it is repaired. */
export interface ScrubConfiguration {
  /** How many bytes are read each second at most. */
  readonly bytesPerSecond: number;
  /** How many driver calls are made each second at most; absent: as many as possible. */
  readonly callsPerSecond?: number;
  /** How many blobs are read at the same time at most. */
  readonly concurrency: number;
  /** Absent: the storage is verified when an operator asks for it. */
  readonly intervalMs?: number;
  readonly dryRun: boolean;
  /** A second storage with the same content, from which damaged content is repaired. */
  readonly replica?: PluginChoice;
  /** A registry with the same repositories, which is asked for what the replica lacks. */
  readonly upstream?: UpstreamConfiguration;
}

/** A verification of a large storage takes longer; a shorter pause would be a slip. */
const MIN_SCRUB_INTERVAL_MS = 60_000;

export const scrub = group({
  enabled: setting(flag, {
    default: 'false',
    description: 'verifies all stored content against its digests and quarantines what is damaged',
  }),
  interval: setting(duration, {
    default: '720h',
    description: 'time between two verifications; less than `1m` counts as `1m`',
  }),
  rate: setting(size, {
    default: '64MiB',
    description: 'how many bytes a verification reads each second at most; it waits in between',
  }),
  callrate: setting(integer(0), {
    default: '0',
    description:
      'how many calls to the storage a verification makes each second at most, one for each blob that it reads; 0: as many as it can',
  }),
  concurrency: setting(integer(1), {
    default: '4',
    description: 'how many blobs a verification reads at the same time at most',
  }),
  dryrun: setting(flag, { default: 'false', description: 'only reports what is wrong, and changes nothing' }),
  replica: group(
    {},
    {
      names: namesIn(DRIVERS),
      description:
        'a second storage with the same content, as a driver with its options: content that is damaged or missing is copied from it',
    },
    options,
  ),
  upstream,
});

export function toScrub(settings: z.output<typeof scrub>, root: ConfigNode): ScrubConfiguration {
  const repairedFrom = toUpstream(settings.upstream);
  const replica = secondStorageOf(root, REPLICA);
  return {
    bytesPerSecond: settings.rate,
    ...(settings.callrate > 0 && { callsPerSecond: settings.callrate }),
    concurrency: settings.concurrency,
    ...(settings.enabled && { intervalMs: Math.max(MIN_SCRUB_INTERVAL_MS, settings.interval) }),
    dryRun: settings.dryrun,
    ...(replica && { replica }),
    ...(repairedFrom && { upstream: repairedFrom }),
  };
}
