import { TypedContainerModule, type TypedInject } from '@inversifyjs/strongly-typed';
import { inject as untypedInject } from 'inversify';
import type { StorageDriver } from './driver/index.ts';
import type { AccessController } from './ports/access-controller.ts';
import type { Broadcast } from './ports/broadcast.ts';
import type { DescriptorCache } from './ports/descriptor-cache.ts';
import type { DriverWrapper } from './ports/driver-wrapper.ts';
import type { EventSink } from './ports/event-sink.ts';
import type { Locks } from './ports/locks.ts';
import type { Logger } from './ports/logger.ts';
import type { RouteExtension } from './ports/route-extension.ts';
import type { TokenProvider } from './ports/token-provider.ts';
import type { CatalogService } from './registry/local/catalog-service.ts';
import type { LayerService } from './registry/local/layer-service.ts';
import type { LayerUploads } from './registry/local/layer-uploads.ts';
import type { ManifestCache } from './registry/local/manifest-cache.ts';
import type { ManifestReader } from './registry/local/manifest-reader.ts';
import type { ManifestService } from './registry/local/manifest-service.ts';
import type { ManifestValidation, ReferenceVerifier } from './registry/local/reference-verifier.ts';
import type { ReferrerService } from './registry/local/referrer-service.ts';
import type { StatedSizes } from './registry/local/stated-sizes.ts';
import type { TagService } from './registry/local/tag-service.ts';
import type { UploadPurger } from './registry/local/upload-purger.ts';
import type { UploadSessions } from './registry/local/upload-sessions.ts';
import type { BadPlaces } from './storage/bad-places.ts';
import type { BlobLookupCache } from './storage/blob-lookup-cache.ts';
import type { BlobStore } from './storage/blob-store.ts';
import type { HashStateStore } from './storage/hash-state-store.ts';
import type { LinkStore } from './storage/link-store.ts';
import type { PathMapper } from './storage/path-mapper.ts';
import type { ReferrerStore } from './storage/referrer-store.ts';
import type { RepositoryStore } from './storage/repository-store.ts';
import type { RevisionStore } from './storage/revision-store.ts';
import type { TagStore } from './storage/tag-store.ts';
import type { UploadStore } from './storage/upload-store.ts';

export { injectable } from 'inversify';

export const ACCESS_CONTROLLER: unique symbol = Symbol.for('stowage/AccessController');
export const BAD_PLACES: unique symbol = Symbol.for('stowage/BadPlaces');
export const BLOB_STORE: unique symbol = Symbol.for('stowage/BlobStore');
export const BROADCAST: unique symbol = Symbol.for('stowage/Broadcast');
export const CATALOG_SERVICE: unique symbol = Symbol.for('stowage/CatalogService');
export const DESCRIPTOR_CACHE: unique symbol = Symbol.for('stowage/DescriptorCache');
export const DRIVER_WRAPPER: unique symbol = Symbol.for('stowage/DriverWrapper');
export const EVENT_SINK: unique symbol = Symbol.for('stowage/EventSink');
export const HASH_STATE_STORE: unique symbol = Symbol.for('stowage/HashStateStore');
export const BLOB_LOOKUP_CACHE: unique symbol = Symbol.for('stowage/KnownBlobs');
export const LAYER_SERVICE: unique symbol = Symbol.for('stowage/LayerService');
export const LAYER_UPLOADS: unique symbol = Symbol.for('stowage/LayerUploads');
export const LINK_STORE: unique symbol = Symbol.for('stowage/LinkStore');
export const LOCKS: unique symbol = Symbol.for('stowage/Locks');
export const LOGGER: unique symbol = Symbol.for('stowage/Logger');
export const MANIFEST_CACHE: unique symbol = Symbol.for('stowage/ManifestCache');
export const MANIFEST_READER: unique symbol = Symbol.for('stowage/ManifestReader');
export const MANIFEST_SERVICE: unique symbol = Symbol.for('stowage/ManifestService');
export const PATH_MAPPER: unique symbol = Symbol.for('stowage/PathMapper');
export const REFERENCE_VERIFIER: unique symbol = Symbol.for('stowage/ReferenceVerifier');
export const REFERRER_SERVICE: unique symbol = Symbol.for('stowage/ReferrerService');
export const REFERRER_STORE: unique symbol = Symbol.for('stowage/ReferrerStore');
export const REPOSITORY_STORE: unique symbol = Symbol.for('stowage/RepositoryStore');
export const REVISION_STORE: unique symbol = Symbol.for('stowage/RevisionStore');
export const ROUTE_EXTENSION: unique symbol = Symbol.for('stowage/RouteExtension');
export const STATED_SIZES: unique symbol = Symbol.for('stowage/StatedSizes');
export const STORAGE_DRIVER: unique symbol = Symbol.for('stowage/StorageDriver');
export const TAG_SERVICE: unique symbol = Symbol.for('stowage/TagService');
export const TAG_STORE: unique symbol = Symbol.for('stowage/TagStore');
export const TOKEN_PROVIDER: unique symbol = Symbol.for('stowage/TokenProvider');
export const UPLOAD_PURGER: unique symbol = Symbol.for('stowage/UploadPurger');
export const UPLOAD_SESSIONS: unique symbol = Symbol.for('stowage/UploadSessions');
export const UPLOAD_STORE: unique symbol = Symbol.for('stowage/UploadStore');
export const VALIDATION: unique symbol = Symbol.for('stowage/ManifestValidation');

/** What each token stands for; a wrong class or a wrong parameter does not compile. */
export interface Bindings {
  [ACCESS_CONTROLLER]: AccessController;
  [BAD_PLACES]: BadPlaces;
  [BLOB_STORE]: BlobStore;
  [BROADCAST]: Broadcast;
  [CATALOG_SERVICE]: CatalogService;
  [DESCRIPTOR_CACHE]: DescriptorCache | undefined;
  [DRIVER_WRAPPER]: DriverWrapper;
  [EVENT_SINK]: EventSink;
  [HASH_STATE_STORE]: HashStateStore;
  [BLOB_LOOKUP_CACHE]: BlobLookupCache;
  [LAYER_SERVICE]: LayerService;
  [LAYER_UPLOADS]: LayerUploads;
  [LINK_STORE]: LinkStore;
  [LOCKS]: Locks;
  [LOGGER]: Logger;
  [MANIFEST_CACHE]: ManifestCache;
  [MANIFEST_READER]: ManifestReader;
  [MANIFEST_SERVICE]: ManifestService;
  [PATH_MAPPER]: PathMapper;
  [REFERENCE_VERIFIER]: ReferenceVerifier;
  [REFERRER_SERVICE]: ReferrerService;
  [REFERRER_STORE]: ReferrerStore;
  [REPOSITORY_STORE]: RepositoryStore;
  [REVISION_STORE]: RevisionStore;
  [ROUTE_EXTENSION]: RouteExtension;
  [STATED_SIZES]: StatedSizes;
  [STORAGE_DRIVER]: StorageDriver;
  [TAG_SERVICE]: TagService;
  [TAG_STORE]: TagStore;
  [TOKEN_PROVIDER]: TokenProvider;
  [UPLOAD_PURGER]: UploadPurger;
  [UPLOAD_SESSIONS]: UploadSessions;
  [UPLOAD_STORE]: UploadStore;
  [VALIDATION]: ManifestValidation;
}

/** The ports that plugins bring. */
export interface PortTypes {
  [ACCESS_CONTROLLER]: AccessController;
  [DESCRIPTOR_CACHE]: DescriptorCache;
  [DRIVER_WRAPPER]: DriverWrapper;
  [EVENT_SINK]: EventSink;
  [ROUTE_EXTENSION]: RouteExtension;
  [TOKEN_PROVIDER]: TokenProvider;
}

/** Names what a constructor parameter is filled with; every injected parameter carries one. */
export const inject = untypedInject as TypedInject<Bindings>;

/** A set of bindings, checked against {@link Bindings}. */
export const BindingModule = TypedContainerModule<Bindings>;
export type BindingModule = TypedContainerModule<Bindings>;
