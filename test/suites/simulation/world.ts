import { digestOf } from '../../../core/digest/digest.ts';
import type { StorageDriver } from '../../../core/driver/index.ts';
import { OCI_IMAGE_INDEX, OCI_IMAGE_MANIFEST } from '../../../core/model/media-types.ts';
import type { RepositoryName, UploadId } from '../../../core/model/reference.ts';
import type { Locks } from '../../../core/ports/locks.ts';
import type { ManifestService } from '../../../core/registry/manifest-service.ts';
import { PathMapper } from '../../../core/storage/paths/path-mapper.ts';
import { MemoryDriver } from '../../../drivers/memory/memory-driver.ts';
import { ProcessLocks } from '../../../plugins/coordination/process/process-locks.ts';
import type { OpenTrash } from '../../../server/composition/open-trash.ts';
import { content } from '../../../testing/driver-case.ts';
import {
  descriptorOf,
  imageIndex,
  imageManifest,
  name,
  pushBlob,
  tagged,
} from '../../helpers/content/registry-content.ts';
import { type CoreParts, composeCore, composeCoreWithTrash, STRICT_VALIDATION } from '../../helpers/core/core-parts.ts';
import { type StoredFiles, storedFiles } from '../../helpers/invariants/stored-files.ts';
import { History } from './history.ts';
import { Random } from './random.ts';
import { Scheduler } from './scheduler.ts';
import { TickingDriver } from './ticking-driver.ts';

export const REPOSITORIES = [name('sim/one'), name('sim/two')] as const;
export const TAGS = ['a', 'b'] as const;
export const BLOBS = [Buffer.alloc(0), content(13, 1), content(90, 2)] as const;

const [EMPTY, SMALL, LARGE] = BLOBS;
const IMAGE = imageManifest({ config: descriptorOf(SMALL), layers: [descriptorOf(LARGE)] });
const OTHER = imageManifest({ config: descriptorOf(SMALL), layers: [descriptorOf(EMPTY), descriptorOf(LARGE)] });

export const MANIFESTS = [
  { bytes: IMAGE, contentType: OCI_IMAGE_MANIFEST, needs: [digestOf(SMALL), digestOf(LARGE)] },
  { bytes: OTHER, contentType: OCI_IMAGE_MANIFEST, needs: BLOBS.map((bytes) => digestOf(bytes)) },
  {
    bytes: imageIndex([descriptorOf(IMAGE, OCI_IMAGE_MANIFEST)]),
    contentType: OCI_IMAGE_INDEX,
    needs: [digestOf(IMAGE)],
  },
] as const;

/** The parts of core in one process; what undoes deletions only in a world with operators. */
export type Core = CoreParts & Partial<OpenTrash>;

/** The services that a process offers to requests. */
export type SimulatedProcess = Pick<
  Core,
  'layers' | 'tags' | 'catalog' | 'tagStore' | 'blobs' | 'container' | 'undeleter'
> & {
  readonly manifests: Pick<ManifestService, 'put' | 'get' | 'delete'>;
};

/** An upload that several clients may know. */
export interface KnownUpload {
  readonly repository: RepositoryName;
  readonly uuid: UploadId;
  /** What its first token says, as long as it has no bytes. */
  readonly startedAt: Date;
  /** The process that answered its POST. */
  readonly begunBy: number;
  /** The processes that have acknowledged bytes of it. */
  readonly chunksBy: number[];
  readonly bytes: Buffer;
}

/** The ways of an upload that was finished. */
export const WAYS = ['POST, PUT', 'POST, PATCH, PUT', 'handed over without bytes', 'handed over with bytes'] as const;

/** Replaces a part of a process by a faulty one. */
export interface Sabotage {
  readonly locks?: Locks;
  readonly storage?: () => MemoryDriver;
  readonly process?: (process: SimulatedProcess) => SimulatedProcess;
  /** Changes the parts of a process, of a garbage collection or of a scrub. */
  readonly core?: (core: Core) => void;
  /** Whether a garbage collection does not wait for requests. */
  readonly collectsAtOnce?: boolean;
  /** Whether what a killed garbage collection has set aside stays there. */
  readonly forgetsAsides?: boolean;
}

/** What works beside the clients. */
export interface WorldOptions {
  /** Whether deletions are kept and undone, rules remove tags, and content is scrubbed. */
  readonly hasOperators?: boolean;
  /** Whether several garbage collections run at once, of which some pause, also after another one has ended them. */
  readonly hasRivals?: boolean;
}

/** Two processes on one storage, garbage collections, and their history. */
export interface World {
  readonly sabotage: Sabotage;
  /** See {@link WorldOptions}. */
  readonly hasOperators: boolean;
  readonly hasRivals: boolean;
  /** Whether some operators scrub. */
  readonly hasScrubs: boolean;
  readonly storage: StorageDriver;
  /** The core of one more process. */
  readonly compose: (driver: StorageDriver) => Core;
  /** The requests and garbage collections that have not ended. */
  readonly running: Set<Promise<unknown>>;
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly history: History;
  readonly processes: readonly SimulatedProcess[];
  readonly uploads: KnownUpload[];
  readonly ways: Set<(typeof WAYS)[number]>;
}

/** A repository that has something already. */
async function furnish(): Promise<StoredFiles> {
  const storage = new MemoryDriver();
  const { layers, manifests } = composeCore(storage);
  for (const bytes of BLOBS) await pushBlob(layers, REPOSITORIES[0], bytes);
  for (const manifest of MANIFESTS.slice(0, 2)) {
    const digest = digestOf(manifest.bytes);
    await manifests.put(REPOSITORIES[0], { kind: 'digest', digest }, manifest);
  }
  await manifests.put(REPOSITORIES[0], tagged(TAGS[0]), MANIFESTS[0]);
  return storedFiles(storage);
}

/** Blobs that no manifest needs, and a manifest without a tag. */
async function litter(): Promise<StoredFiles> {
  const storage = new MemoryDriver();
  const { layers, manifests } = composeCore(storage);
  for (const repository of REPOSITORIES) for (const bytes of BLOBS) await pushBlob(layers, repository, bytes);
  for (const manifest of MANIFESTS.slice(0, 2)) {
    const digest = digestOf(manifest.bytes);
    await manifests.put(REPOSITORIES[0], { kind: 'digest', digest }, manifest);
  }
  await manifests.delete(REPOSITORIES[0], { kind: 'digest', digest: digestOf(MANIFESTS[1].bytes) });
  return storedFiles(storage);
}

/** Repositories in which rules have something to remove. */
async function tagAll(): Promise<StoredFiles> {
  const storage = new MemoryDriver();
  const { layers, manifests } = composeCore(storage);
  for (const repository of REPOSITORIES) {
    for (const bytes of BLOBS) await pushBlob(layers, repository, bytes);
    for (const [index, manifest] of MANIFESTS.slice(0, 2).entries())
      await manifests.put(repository, tagged(TAGS[index] ?? ''), manifest);
  }
  return storedFiles(storage);
}

const furnished = Promise.withResolvers<readonly StoredFiles[]>();
void Promise.all([furnish(), litter()]).then(furnished.resolve, furnished.reject);
const allTagged = Promise.withResolvers<StoredFiles>();
void tagAll().then(allTagged.resolve, allTagged.reject);

/** Longer than any simulation takes. */
const KEEP_MS = 24 * 60 * 60 * 1000;

/** Records the manifests of a beginning, so that none of them may lose anything. */
async function recordManifests(history: History, files: StoredFiles): Promise<void> {
  const paths = new PathMapper();
  for (const repository of REPOSITORIES) {
    for (const { bytes, needs } of MANIFESTS) {
      const digest = digestOf(bytes);
      const deed = { kind: 'put', repository, process: 0, digest, needs } as const;
      if (files.has(paths.revisionLink(repository, digest))) await history.during(deed, async () => undefined);
    }
  }
}

/** The world of a seed: a third of them begin empty, and in half of them the processes share their locks. */
export async function createWorld(
  seed: number,
  sabotage: Sabotage = {},
  { hasOperators = false, hasRivals = false }: WorldOptions = {},
): Promise<World> {
  const random = new Random(seed);
  const scheduler = new Scheduler(random);
  const memory = sabotage.storage?.() ?? new MemoryDriver();
  const storage = hasOperators ? new TickingDriver(memory) : memory;
  let nowMs = Date.now();
  // Every deletion has another time, so that their order is the same in every run.
  const now = (): number => (nowMs += 1_000);
  const compose = (driver: StorageDriver, locks?: Locks): Core =>
    hasOperators
      ? composeCoreWithTrash(driver, { keepMs: KEEP_MS, now, ...(locks && { locks }) })
      : composeCore(driver, STRICT_VALIDATION, locks);
  const beginnings = [new Map<string, Buffer>(), ...(await furnished.promise)];
  const furnishedOnly = hasRivals ? beginnings.slice(1) : beginnings;
  const files = random.pick(hasOperators ? [...beginnings, await allTagged.promise] : furnishedOnly);
  const history = new History();
  if (hasRivals) await recordManifests(history, files);
  for (const [path, bytes] of files) {
    await storage.write(path as Parameters<MemoryDriver['write']>[0], bytes);
    scheduler.files.set(path, bytes);
  }
  const hasSharedLocks = random.chance(0.5);
  const shared = new ProcessLocks();
  const processes = [0, 1].map((index) => {
    const locks = sabotage.locks ?? (hasSharedLocks ? shared : new ProcessLocks());
    const core = compose(scheduler.driverOf(index, storage), locks);
    sabotage.core?.(core);
    return sabotage.process?.(core) ?? core;
  });
  return {
    random,
    scheduler,
    storage,
    history,
    processes,
    sabotage,
    hasOperators,
    hasRivals,
    hasScrubs: hasOperators && random.chance(0.5),
    compose,
    running: new Set(),
    uploads: [],
    ways: new Set(),
  };
}
