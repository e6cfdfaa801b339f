import type { z } from 'zod';
import { namesIn } from '../../../plugins/kinds/plugin-family.ts';
import { DRIVERS } from '../../../plugins/kinds/storage-driver.ts';
import type { Finding, KeyPath } from '../engine/problem.ts';
import { duration, flag, integer, oneOf } from '../engine/scalars.ts';
import { group, options, required, setting } from '../engine/schema.ts';
import { type ConfigNode, entriesAt, ListNode, MapNode, nodeAt } from '../engine/tree.ts';
import { deletion } from './deletion.ts';
import { mistypedNames, type PluginChoice, severalNames, toChoice } from './plugin-choice.ts';
import { type ScrubConfiguration, scrub, toScrub } from './scrub.ts';
import { COPY_FROM, secondStorageOf } from './second-storage.ts';
import { type TagHistoryConfiguration, taghistory } from './tag-history.ts';

/** Where the content is kept, and what may be done with it. */
export interface StorageConfiguration {
  readonly driver: PluginChoice;
  /** The old storage, which is read for what this one lacks yet; absent: there is none. */
  readonly copyFrom?: PluginChoice;
  readonly deleteEnabled: boolean;
  /** How long deleted and swept content can come back; 0: not at all. */
  readonly keepDeletedMs: number;
  /** Whether blobs may be served by sending the client to a URL of the backend. */
  readonly redirectEnabled: boolean;
  readonly readOnly: boolean;
  readonly uploadPurging: {
    readonly ageMs: number;
    /** Absent: unfinished uploads stay until an operator has them purged. */
    readonly intervalMs?: number;
    readonly dryRun: boolean;
  };
  readonly gc: {
    /** Absent: garbage stays until an operator has it collected. */
    readonly intervalMs?: number;
    readonly graceMs: number;
    readonly deletesUntagged: boolean;
    /** How many driver calls a collection makes each second at most; absent: as many as it can. */
    readonly callsPerSecond?: number;
    readonly dryRun: boolean;
  };
  readonly scrub: ScrubConfiguration;
  readonly tagHistory: TagHistoryConfiguration;
  /**
   * Absent without a cache; `maxEntries` is absent for no limit. With `redis`, the configuration has `redis` as well.
   */
  readonly descriptorCache?: 'redis' | { readonly maxEntries?: number };
}

/** The drivers of distribution and ours, to recognise typing mistakes; any other name is that of a plugin. */
const DRIVER_NAMES: readonly string[] = namesIn(DRIVERS);

const uploadPurging = group({
  enabled: setting(flag, { default: 'true', description: 'removes abandoned uploads' }),
  age: setting(duration, {
    default: '168h',
    description: 'age of the last byte after which an unfinished upload is removed; less than `1h` gives a warning',
  }),
  interval: setting(duration, {
    default: '24h',
    description: 'time between two searches; at least `1s`, and less than `1m` gives a warning',
  }),
  dryrun: setting(flag, { default: 'false', description: 'only logs what would be removed' }),
});

const gc = group({
  enabled: setting(flag, {
    default: 'false',
    description: 'removes blobs that no manifest needs, while the registry serves',
  }),
  interval: setting(duration, {
    default: '24h',
    description: 'time between two collections; less than `1h` gives a warning',
  }),
  grace: setting(duration, {
    default: '1h',
    description:
      'how long content stays that no manifest needs, from the last request that relied on it; at least `20s`, and less than `10m` gives a warning',
  }),
  deleteuntagged: setting(flag, {
    default: 'false',
    description:
      'also removes manifests without a tag, except those of an index that stays and referrers of manifests that stay',
  }),
  callrate: setting(integer(0), {
    default: '0',
    description:
      'how many calls to the storage a collection makes each second at most; it waits in between. 0: as many as it can',
  }),
  dryrun: setting(flag, { default: 'false', description: 'only reports what would be removed' }),
});

const cache = group({
  blobdescriptor: setting(oneOf('', 'inmemory', 'redis'), {
    description: 'where the sizes and media types of blobs are cached; without it, nowhere',
  }),
  layerinfo: setting(oneOf('', 'inmemory', 'redis'), {
    deprecated: 'storage.cache.blobdescriptor',
    moves: true,
    description: 'old name of `storage.cache.blobdescriptor`, used when that one is absent',
  }),
  blobdescriptorsize: setting(integer(), {
    default: '10000',
    description: 'maximum number of blobs in the `inmemory` cache; 0 or less means a million',
  }),
});

/** Every key of `storage` that is not the name of a driver. */
const storageShape = {
  copyfrom: group(
    {},
    {
      names: DRIVER_NAMES,
      description:
        'the old storage of a registry that moves, as a driver with its options: what this storage lacks is read there, and copied; nothing is deleted meanwhile',
    },
    required(options, { kept: 'set' }),
  ),
  delete: deletion,
  redirect: group({
    disable: setting(flag, { default: 'false', description: 'serves blobs directly even if the backend offers URLs' }),
  }),
  maintenance: group(
    {
      readonly: group(
        {
          enabled: setting(flag, {
            default: 'false',
            reloads: true,
            kept: 'valued',
            description: 'rejects everything that would change content',
          }),
        },
        { kept: 'valued' },
      ),
      uploadpurging: uploadPurging,
      gc,
      scrub,
      taghistory,
    },
    { guarded: true },
  ),
  cache,
  tag: group(
    {
      concurrencylimit: setting(integer(0), {
        default: '0',
        description: 'how many tags are read at the same time to find those of a digest; 0 lets the registry choose',
      }),
    },
    { notYet: true },
  ),
};

/** `storage`: exactly one other key, which names the driver; below it stand the driver's own options. */
export const storage = group(storageShape, { names: DRIVER_NAMES }, required(options, { kept: 'set' }));

/** A shorter pause between two purges would leave time for nothing else. */
const MIN_PURGE_INTERVAL_MS = 1_000;

/** Each collection reads every manifest. */
const MIN_GC_INTERVAL_MS = 60_000;

/** Below these values a unit was probably forgotten or mistyped, in milliseconds. */
const MIN_USUAL_AGE_MS = 3_600_000;
const MIN_USUAL_INTERVAL_MS = 60_000;
const MIN_USUAL_GRACE_MS = 600_000;
const MIN_USUAL_GC_INTERVAL_MS = 3_600_000;

/** The driver that the storage section names, when there is exactly one. */
export function driverKey(root: ConfigNode): string | undefined {
  const names = driverKeys(root);
  return names.length === 1 ? names[0] : undefined;
}

export function toStorage(
  { delete: deletes, redirect, maintenance, cache }: z.output<typeof storage>,
  root: ConfigNode,
): StorageConfiguration {
  const { readonly, uploadpurging: purging, gc: collection, taghistory: history } = maintenance;
  const copyFrom = secondStorageOf(root, COPY_FROM);
  const maxEntries = cache.blobdescriptorsize > 0 ? { maxEntries: cache.blobdescriptorsize } : {};
  return {
    driver: toChoice(root, 'storage', driverKey(root) ?? ''),
    ...(copyFrom && { copyFrom }),
    deleteEnabled: deletes.enabled,
    keepDeletedMs: deletes.keep,
    redirectEnabled: !redirect.disable,
    readOnly: readonly.enabled,
    uploadPurging: {
      ageMs: purging.age,
      ...(purging.enabled && { intervalMs: Math.max(MIN_PURGE_INTERVAL_MS, purging.interval) }),
      dryRun: purging.dryrun,
    },
    gc: {
      ...(collection.enabled && { intervalMs: Math.max(MIN_GC_INTERVAL_MS, collection.interval) }),
      graceMs: collection.grace,
      deletesUntagged: collection.deleteuntagged,
      ...(collection.callrate > 0 && { callsPerSecond: collection.callrate }),
      dryRun: collection.dryrun,
    },
    scrub: toScrub(maintenance.scrub, root),
    tagHistory: { keepMs: history.keep, maxRecords: history.max },
    ...(cache.blobdescriptor === 'inmemory' && { descriptorCache: maxEntries }),
    ...(cache.blobdescriptor === 'redis' && { descriptorCache: 'redis' }),
  };
}

/** Warns of times after which uploads are removed that are still needed, or are looked for all the time. */
export function hastyPurging(root: ConfigNode): Finding[] {
  return shortTimes(root, 'uploadpurging', {
    age: {
      leastMs: MIN_USUAL_AGE_MS,
      message: 'is shorter than an hour: an upload that a client still needs may be removed while it pauses',
    },
    interval: {
      leastMs: MIN_USUAL_INTERVAL_MS,
      message: 'is shorter than a minute: each search lists all unfinished uploads; less than 1s counts as 1s',
    },
  });
}

/** Warns of times after which content is removed that a push still needs, or is looked for all the time. */
export function hastyCollection(root: ConfigNode): Finding[] {
  return shortTimes(root, 'gc', {
    grace: {
      leastMs: MIN_USUAL_GRACE_MS,
      message:
        'is shorter than ten minutes: a push that takes longer may have to upload layers again; less than 20s counts as 20s',
    },
    interval: {
      leastMs: MIN_USUAL_GC_INTERVAL_MS,
      message: 'is shorter than an hour: each collection reads every manifest; less than 1m counts as 1m',
    },
  });
}

function shortTimes(
  root: ConfigNode,
  section: string,
  limits: Readonly<Record<string, { readonly leastMs: number; readonly message: string }>>,
): Finding[] {
  return Object.entries(limits).flatMap(([key, { leastMs, message }]) => {
    const path: KeyPath = ['storage', 'maintenance', section, key];
    const { data: ms } = duration.safeParse(nodeAt(root, path));
    return ms !== undefined && ms < leastMs ? [{ path, message }] : [];
  });
}

/** There must be exactly one driver. */
export function checkStorage(root: ConfigNode, formatOrigin: (path: KeyPath) => string): Finding[] {
  const storage = nodeAt(root, ['storage']);
  if (storage instanceof ListNode) return [];
  const names = driverKeys(root);
  const reserved = Object.keys(storageShape);
  const mistyped = mistypedNames('storage', names, [...DRIVER_NAMES, ...reserved]);
  if (mistyped.length > 0) return mistyped;
  if (names.length === 0) {
    return [
      { path: ['storage'], message: 'no storage driver; name one, such as storage: {filesystem: {rootdirectory: …}}' },
    ];
  }
  const misplaced = misplacedSections(root, names);
  if (misplaced.length > 0) return misplaced;
  return severalNames(names, { section: 'storage', what: 'storage drivers', known: reserved, formatOrigin });
}

/** Sections that belong next to the driver and stand among its options, where they would have no effect. */
function misplacedSections(root: ConfigNode, drivers: readonly string[]): Finding[] {
  return drivers
    .filter((driver) => DRIVER_NAMES.includes(driver))
    .flatMap((driver) =>
      entriesAt(root, ['storage', driver])
        .filter(([key, node]) => Object.hasOwn(storageShape, key) && node instanceof MapNode)
        .map(([key]) => ({
          path: ['storage', driver, key],
          message: `is no option of the driver, its place is storage.${key}`,
        })),
    );
}

function driverKeys(root: ConfigNode): string[] {
  return entriesAt(root, ['storage']).flatMap(([key]) => (Object.hasOwn(storageShape, key) ? [] : [key]));
}
