import { digestOf } from '../../../core/digest/digest.ts';
import { OCI_IMAGE_INDEX, OCI_IMAGE_MANIFEST } from '../../../core/model/media-types.ts';
import type { RepositoryName, UploadId } from '../../../core/model/reference.ts';
import type { Locks } from '../../../core/ports/locks.ts';
import type { ManifestService } from '../../../core/registry/manifest-service.ts';
import { MemoryDriver } from '../../../drivers/memory/memory-driver.ts';
import { ProcessLocks } from '../../../plugins/coordination/process/process-locks.ts';
import { content } from '../../../testing/driver-case.ts';
import {
  descriptorOf,
  imageIndex,
  imageManifest,
  name,
  pushBlob,
  tagged,
} from '../../helpers/content/registry-content.ts';
import { type CoreParts, composeCore, STRICT_VALIDATION } from '../../helpers/core/core-parts.ts';
import { type StoredFiles, storedFiles } from '../../helpers/invariants/stored-files.ts';
import { History } from './history.ts';
import { Random } from './random.ts';
import { Scheduler } from './scheduler.ts';

export const REPOSITORIES = [name('sim/one'), name('sim/two')] as const;
export const TAGS = ['a', 'b'] as const;
export const BLOBS = [Buffer.alloc(0), content(13, 1), content(90, 2)] as const;

const [EMPTY, SMALL, LARGE] = BLOBS;
const IMAGE = imageManifest({ config: descriptorOf(SMALL), layers: [descriptorOf(LARGE)] });
const OTHER = imageManifest({ config: descriptorOf(SMALL), layers: [descriptorOf(EMPTY), descriptorOf(LARGE)] });

export const MANIFESTS = [
  { bytes: IMAGE, contentType: OCI_IMAGE_MANIFEST },
  { bytes: OTHER, contentType: OCI_IMAGE_MANIFEST },
  { bytes: imageIndex([descriptorOf(IMAGE, OCI_IMAGE_MANIFEST)]), contentType: OCI_IMAGE_INDEX },
] as const;

/** The services that a process offers to requests. */
export type SimulatedProcess = Pick<CoreParts, 'layers' | 'tags' | 'catalog' | 'tagStore'> & {
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
}

/** Two processes on one storage, and their history. */
export interface World {
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly storage: MemoryDriver;
  readonly history: History;
  readonly processes: readonly SimulatedProcess[];
  readonly uploads: KnownUpload[];
  readonly ways: Set<(typeof WAYS)[number]>;
}

let furnished: Promise<StoredFiles> | undefined;

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

/** The world of a seed: half of them begin empty, and in half of them the processes share their locks. */
export async function createWorld(seed: number, sabotage: Sabotage = {}): Promise<World> {
  const random = new Random(seed);
  const scheduler = new Scheduler(random);
  const storage = sabotage.storage?.() ?? new MemoryDriver();
  if (random.chance(0.5)) {
    for (const [path, bytes] of await (furnished ??= furnish())) {
      await storage.write(path as Parameters<MemoryDriver['write']>[0], bytes);
      scheduler.files.set(path, bytes);
    }
  }
  const hasSharedLocks = random.chance(0.5);
  const shared = new ProcessLocks();
  const processes = [0, 1].map((index) => {
    const locks = sabotage.locks ?? (hasSharedLocks ? shared : new ProcessLocks());
    const core = composeCore(scheduler.driverOf(index, storage), STRICT_VALIDATION, locks);
    return sabotage.process?.(core) ?? core;
  });
  return { random, scheduler, storage, history: new History(), processes, uploads: [], ways: new Set() };
}
