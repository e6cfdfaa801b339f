import 'reflect-metadata';
import { TypedContainer } from '@inversifyjs/strongly-typed';
import {
  type Bindings,
  BLOB_STORE,
  CATALOG_SERVICE,
  LAYER_SERVICE,
  LINK_STORE,
  LOCKS,
  MANIFEST_SERVICE,
  PATH_MAPPER,
  REPOSITORY_STORE,
  REVISION_STORE,
  TAG_SERVICE,
  TAG_STORE,
  UPLOAD_PURGER,
  UPLOAD_STORE,
} from '../../../core/di.ts';
import { guardDriver, type StorageDriver } from '../../../core/driver/index.ts';
import type { Locks } from '../../../core/ports/locks.ts';
import type { Logger } from '../../../core/ports/logger.ts';
import type { CatalogService } from '../../../core/registry/local/catalog-service.ts';
import type { LayerService } from '../../../core/registry/local/layer-service.ts';
import type { ManifestService } from '../../../core/registry/local/manifest-service.ts';
import type { ManifestValidation } from '../../../core/registry/local/reference-verifier.ts';
import type { TagService } from '../../../core/registry/local/tag-service.ts';
import type { UploadPurger } from '../../../core/registry/local/upload-purger.ts';
import type { BlobStore } from '../../../core/storage/blob-store.ts';
import type { LinkStore } from '../../../core/storage/link-store.ts';
import type { PathMapper } from '../../../core/storage/path-mapper.ts';
import type { RepositoryStore } from '../../../core/storage/repository-store.ts';
import type { RevisionStore } from '../../../core/storage/revision-store.ts';
import type { TagStore } from '../../../core/storage/tag-store.ts';
import type { UploadStore } from '../../../core/storage/upload-store.ts';
import { coreModule } from '../../../plugins/core.module.ts';

/** What core is made of, as one process has it. */
export interface CoreParts {
  /** Behind the guard. */
  readonly driver: StorageDriver;
  readonly paths: PathMapper;
  readonly links: LinkStore;
  readonly blobs: BlobStore;
  readonly uploads: UploadStore;
  readonly revisions: RevisionStore;
  readonly tagStore: TagStore;
  readonly repositories: RepositoryStore;
  readonly layers: LayerService;
  readonly manifests: ManifestService;
  readonly tags: TagService;
  readonly catalog: CatalogService;
  readonly purger: UploadPurger;
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
 * Puts core together as the server does; composing twice on one driver makes two processes on one storage.
 * @param locks what processes share, instead of locks of this one's own
 */
export function composeCore(unguarded: StorageDriver, validation = STRICT_VALIDATION, locks?: Locks): CoreParts {
  const driver = guardDriver(unguarded);
  const container = new TypedContainer<Bindings>();
  container.load(coreModule({ driver, log: silent, validation }));
  if (locks !== undefined) container.rebind(LOCKS).toConstantValue(locks);
  return {
    driver,
    paths: container.get(PATH_MAPPER),
    links: container.get(LINK_STORE),
    blobs: container.get(BLOB_STORE),
    uploads: container.get(UPLOAD_STORE),
    revisions: container.get(REVISION_STORE),
    tagStore: container.get(TAG_STORE),
    repositories: container.get(REPOSITORY_STORE),
    layers: container.get(LAYER_SERVICE),
    manifests: container.get(MANIFEST_SERVICE),
    tags: container.get(TAG_SERVICE),
    catalog: container.get(CATALOG_SERVICE),
    purger: container.get(UPLOAD_PURGER),
  };
}
