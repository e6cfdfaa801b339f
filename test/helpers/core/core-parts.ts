import type { KeyObject } from 'node:crypto';
import type { TagHistoryAdministration } from '../../../core/admin/tag-history-administration.ts';
import { LOCKS, REGISTRY } from '../../../core/di.ts';
import { guardDriver, type StorageDriver } from '../../../core/driver/index.ts';
import type { ManifestValidation } from '../../../core/manifests/manifest-validation.ts';
import type { Locks } from '../../../core/ports/locks.ts';
import type { Logger } from '../../../core/ports/logger.ts';
import { LocalCatalogService } from '../../../core/registry/local/catalog-service.ts';
import { Collector } from '../../../core/registry/local/collection/collector.ts';
import { LocalLayerService } from '../../../core/registry/local/layer-service.ts';
import { LocalManifestService } from '../../../core/registry/local/manifest-service.ts';
import { LocalTagService } from '../../../core/registry/local/tag-service.ts';
import { UploadPurger } from '../../../core/registry/local/upload-purger.ts';
import type { Registry } from '../../../core/registry/registry.ts';
import { BlobStore } from '../../../core/storage/blob-store.ts';
import { CollectionStore } from '../../../core/storage/collection/collection-store.ts';
import { LinkStore } from '../../../core/storage/link-store.ts';
import { PathMapper } from '../../../core/storage/paths/path-mapper.ts';
import { RepositoryStore } from '../../../core/storage/repository-store.ts';
import { RevisionStore } from '../../../core/storage/revision-store.ts';
import { TagStore } from '../../../core/storage/tag-store.ts';
import { UploadStore } from '../../../core/storage/upload-store.ts';
import {
  type CoreContainer,
  type CoreDependencies,
  coreContainer,
  type KeepDeletions,
  type KeepTagHistory,
} from '../../../server/composition/core-container.ts';
import {
  type OpenTagHistory,
  openTagHistory,
  openTagHistoryAdministration,
  serveAsOf,
} from '../../../server/composition/open-tag-history.ts';
import { createTrash, type OpenTrash, openTrash } from '../../../server/composition/open-trash.ts';

/** The parts of core in one process. */
export interface CoreParts {
  readonly container: CoreContainer;
  /** With the guard. */
  readonly driver: StorageDriver;
  readonly paths: PathMapper;
  readonly links: LinkStore;
  readonly blobs: BlobStore;
  readonly uploads: UploadStore;
  readonly revisions: RevisionStore;
  readonly tagStore: TagStore;
  readonly repositories: RepositoryStore;
  readonly registry: Registry;
  readonly layers: LocalLayerService;
  readonly manifests: LocalManifestService;
  readonly tags: LocalTagService;
  readonly catalog: LocalCatalogService;
  readonly purger: UploadPurger;
  readonly collector: Collector;
  readonly collections: CollectionStore;
}

/** The defaults of the configuration. */
export const STRICT_VALIDATION: ManifestValidation = {
  enabled: true,
  urls: { allow: [], deny: [] },
  indexes: { platforms: 'all', platformList: [] },
};

const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/**
 * Composes core as the server does; composing twice on one driver simulates two processes on one storage.
 * @param locks the locks that processes share. Default: separate locks
 * @param schema1 serves signed manifests, only through `registry`
 */
export function composeCore(
  unguarded: StorageDriver,
  validation = STRICT_VALIDATION,
  locks?: Locks,
  schema1?: { readonly signingKey: KeyObject },
): CoreParts {
  return partsOf(guardDriver(unguarded), { validation, locks, schema1 });
}

/**
 * {@link composeCore} with a trash, as the server composes it with `storage.delete.keep`.
 * @param options.schema1 as for {@link composeCore}
 */
export function composeCoreWithTrash(
  unguarded: StorageDriver,
  options: {
    readonly keepMs: number;
    readonly now?: () => number;
    readonly locks?: Locks;
    readonly schema1?: CoreDependencies['schema1'];
  },
): CoreParts & OpenTrash {
  const driver = guardDriver(unguarded);
  const { keepMs, now, locks, schema1 } = options;
  const keepDeletions: KeepDeletions = (core) => createTrash(core, { keepMs, now });
  const parts = partsOf(driver, { validation: STRICT_VALIDATION, locks, schema1, keepDeletions });
  return { ...parts, ...openTrash(parts.container, { keepMs, now }) };
}

/** {@link composeCore} with a history of tags, as the server composes it with `storage.maintenance.taghistory.keep`. */
export function composeCoreWithHistory(
  unguarded: StorageDriver,
  options: { readonly now?: () => number; readonly locks?: Locks } = {},
): CoreParts & OpenTagHistory & { readonly moves: TagHistoryAdministration } {
  const { now, locks } = options;
  const keepTagHistory: KeepTagHistory = {
    create: (core) => openTagHistory(core, { now }).history,
    serve: serveAsOf,
  };
  const parts = partsOf(guardDriver(unguarded), { validation: STRICT_VALIDATION, locks, keepTagHistory });
  const { container } = parts;
  return { ...parts, ...openTagHistory(container, { now }), moves: openTagHistoryAdministration(container) };
}

function partsOf(
  driver: StorageDriver,
  {
    validation,
    locks,
    schema1,
    keepDeletions,
    keepTagHistory,
  }: Pick<CoreDependencies, 'validation' | 'schema1' | 'keepDeletions' | 'keepTagHistory'> & {
    readonly locks?: Locks | undefined;
  },
): CoreParts {
  const container = coreContainer({ driver, log: silent, validation, schema1, keepDeletions, keepTagHistory });
  if (locks !== undefined) container.rebind(LOCKS).toConstantValue(locks);
  return {
    container,
    driver,
    paths: container.get(PathMapper),
    links: container.get(LinkStore),
    blobs: container.get(BlobStore),
    uploads: container.get(UploadStore),
    revisions: container.get(RevisionStore),
    tagStore: container.get(TagStore),
    repositories: container.get(RepositoryStore),
    registry: container.get(REGISTRY),
    layers: container.get(LocalLayerService),
    manifests: container.get(LocalManifestService),
    tags: container.get(LocalTagService),
    catalog: container.get(LocalCatalogService),
    purger: container.get(UploadPurger),
    collector: container.get(Collector),
    collections: container.get(CollectionStore),
  };
}
