import {
  BAD_PLACES,
  BindingModule,
  BLOB_LOOKUP_CACHE,
  BLOB_STORE,
  BROADCAST,
  CATALOG_SERVICE,
  DESCRIPTOR_CACHE,
  HASH_STATE_STORE,
  LAYER_SERVICE,
  LAYER_UPLOADS,
  LINK_STORE,
  LOCKS,
  LOGGER,
  MANIFEST_CACHE,
  MANIFEST_READER,
  MANIFEST_SERVICE,
  PATH_MAPPER,
  REFERENCE_VERIFIER,
  REFERRER_SERVICE,
  REFERRER_STORE,
  REPOSITORY_STORE,
  REVISION_STORE,
  STATED_SIZES,
  STORAGE_DRIVER,
  TAG_SERVICE,
  TAG_STORE,
  UPLOAD_PURGER,
  UPLOAD_SESSIONS,
  UPLOAD_STORE,
  VALIDATION,
} from '../core/di.ts';
import type { StorageDriver } from '../core/driver/index.ts';
import type { Broadcast } from '../core/ports/broadcast.ts';
import type { DescriptorCache } from '../core/ports/descriptor-cache.ts';
import type { Locks } from '../core/ports/locks.ts';
import type { Logger } from '../core/ports/logger.ts';
import { CatalogService } from '../core/registry/local/catalog-service.ts';
import { LayerService } from '../core/registry/local/layer-service.ts';
import { LayerUploads } from '../core/registry/local/layer-uploads.ts';
import { ManifestCache } from '../core/registry/local/manifest-cache.ts';
import { ManifestReader } from '../core/registry/local/manifest-reader.ts';
import { ManifestService } from '../core/registry/local/manifest-service.ts';
import { type ManifestValidation, ReferenceVerifier } from '../core/registry/local/reference-verifier.ts';
import { ReferrerService } from '../core/registry/local/referrer-service.ts';
import { StatedSizes } from '../core/registry/local/stated-sizes.ts';
import { TagService } from '../core/registry/local/tag-service.ts';
import { UploadPurger } from '../core/registry/local/upload-purger.ts';
import { UploadSessions } from '../core/registry/local/upload-sessions.ts';
import { BadPlaces } from '../core/storage/bad-places.ts';
import { BlobLookupCache } from '../core/storage/blob-lookup-cache.ts';
import { BlobStore } from '../core/storage/blob-store.ts';
import { HashStateStore } from '../core/storage/hash-state-store.ts';
import { LinkStore } from '../core/storage/link-store.ts';
import { PathMapper } from '../core/storage/path-mapper.ts';
import { ReferrerStore } from '../core/storage/referrer-store.ts';
import { RepositoryStore } from '../core/storage/repository-store.ts';
import { RevisionStore } from '../core/storage/revision-store.ts';
import { TagStore } from '../core/storage/tag-store.ts';
import { UploadStore } from '../core/storage/upload-store.ts';
import { ProcessBroadcast } from './coordination/process/process-broadcast.ts';
import { ProcessLocks } from './coordination/process/process-locks.ts';

/** What core is made of besides its own classes. */
export interface CoreDependencies {
  /** Behind the guard. */
  readonly driver: StorageDriver;
  readonly log: Logger;
  readonly validation: ManifestValidation;
  /** Without it the storage is asked each time. */
  readonly descriptors?: DescriptorCache | undefined;
  /** How processes agree; without it this one is alone. */
  readonly coordination?: Coordination | undefined;
}

/** What the processes of one registry share. */
export interface Coordination {
  readonly locks: Locks;
  readonly broadcast: Broadcast;
}

/** Binds the stores and services of core. */
export function coreModule({
  driver,
  log,
  validation,
  descriptors,
  coordination: company = singleProcess(),
}: CoreDependencies): BindingModule {
  return new BindingModule(({ bind }) => {
    bind(STORAGE_DRIVER).toConstantValue(driver);
    bind(LOGGER).toConstantValue(log);
    bind(VALIDATION).toConstantValue(validation);
    bind(PATH_MAPPER).toConstantValue(new PathMapper());
    bind(LOCKS).toConstantValue(company.locks);
    bind(BROADCAST).toConstantValue(company.broadcast);
    bind(DESCRIPTOR_CACHE).toConstantValue(descriptors);
    bind(BLOB_LOOKUP_CACHE).to(BlobLookupCache).inSingletonScope();
    bind(BAD_PLACES).to(BadPlaces).inSingletonScope();
    bind(LINK_STORE).to(LinkStore).inSingletonScope();
    bind(BLOB_STORE).to(BlobStore).inSingletonScope();
    bind(UPLOAD_STORE).to(UploadStore).inSingletonScope();
    bind(REFERRER_STORE).to(ReferrerStore).inSingletonScope();
    bind(HASH_STATE_STORE).to(HashStateStore).inSingletonScope();
    bind(REVISION_STORE).to(RevisionStore).inSingletonScope();
    bind(TAG_STORE).to(TagStore).inSingletonScope();
    bind(REPOSITORY_STORE).to(RepositoryStore).inSingletonScope();
    bind(UPLOAD_PURGER).to(UploadPurger).inSingletonScope();
    bind(UPLOAD_SESSIONS).to(UploadSessions).inSingletonScope();
    bind(MANIFEST_CACHE).to(ManifestCache).inSingletonScope();
    bind(MANIFEST_READER).to(ManifestReader).inSingletonScope();
    bind(REFERENCE_VERIFIER).to(ReferenceVerifier).inSingletonScope();
    bind(STATED_SIZES).to(StatedSizes).inSingletonScope();
    bind(LAYER_UPLOADS).to(LayerUploads).inSingletonScope();
    bind(LAYER_SERVICE).to(LayerService).inSingletonScope();
    bind(MANIFEST_SERVICE).to(ManifestService).inSingletonScope();
    bind(REFERRER_SERVICE).to(ReferrerService).inSingletonScope();
    bind(TAG_SERVICE).to(TagService).inSingletonScope();
    bind(CATALOG_SERVICE).to(CatalogService).inSingletonScope();
  });
}

/** That of a process that has no others beside it. */
export function singleProcess(): Coordination {
  return { locks: new ProcessLocks(), broadcast: new ProcessBroadcast() };
}
