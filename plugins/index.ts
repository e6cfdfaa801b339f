/** Everything that a plugin other than a storage driver may import; published as `stowage/plugin`. */
export type { RouteAccess, RouteMethod } from '../core/api/route-descriptor.ts';
export {
  BindingModule,
  BROADCAST,
  inject,
  injectable,
  LOCKS,
  LOGGER,
  type PortTypes,
  REGISTRY,
} from '../core/di.ts';
export { type Digest, digestOf, isDigest, parseDigest } from '../core/digest/digest.ts';
export {
  OptionsError,
  type OptionsResult,
  type OptionsSchema,
  type PluginContext,
  type SchemaIssue,
} from '../core/driver/index.ts';
export type { Descriptor, Platform } from '../core/model/descriptor.ts';
export {
  type ErrorDetail,
  type Refusal,
  RegistryError,
  type RegistryErrorCode,
  type RegistryErrorOptions,
  UnauthorizedError,
} from '../core/model/errors.ts';
export {
  parseRepositoryName,
  parseUploadId,
  type Reference,
  type RepositoryName,
  type Tag,
  type UploadId,
} from '../core/model/reference.ts';
export { UploadRangeError, type UploadState } from '../core/model/upload-state.ts';
export type { Broadcast } from '../core/ports/broadcast.ts';
export type { CallMetrics, DriverMetrics } from '../core/ports/driver-metrics.ts';
export * from '../core/ports/index.ts';
export type { Lock, Locks } from '../core/ports/locks.ts';
export type { Logger } from '../core/ports/logger.ts';
export type { Actor, CallContext } from '../core/registry/call-context.ts';
export type { CatalogService } from '../core/registry/catalog-service.ts';
export { ForwardingCatalogService } from '../core/registry/forwarding/forwarding-catalog-service.ts';
export { ForwardingLayer } from '../core/registry/forwarding/forwarding-layer.ts';
export { ForwardingLayerService } from '../core/registry/forwarding/forwarding-layer-service.ts';
export { ForwardingLayerUpload } from '../core/registry/forwarding/forwarding-layer-upload.ts';
export { ForwardingManifestService } from '../core/registry/forwarding/forwarding-manifest-service.ts';
export { ForwardingReferrerService } from '../core/registry/forwarding/forwarding-referrer-service.ts';
export { ForwardingRegistry } from '../core/registry/forwarding/forwarding-registry.ts';
export { ForwardingTagService } from '../core/registry/forwarding/forwarding-tag-service.ts';
export type { Layer } from '../core/registry/layer.ts';
export type { FinishedUpload, LayerService, ResumedUpload, UploadOptions } from '../core/registry/layer-service.ts';
export type { Chunk, LayerUpload } from '../core/registry/layer-upload.ts';
export type {
  GetOptions,
  ManifestService,
  NewManifest,
  PutManifest,
  StoredManifest,
} from '../core/registry/manifest-service.ts';
export type { Page, PageRequest } from '../core/registry/page.ts';
export type { ReferrerService, ReferrersPage, ReferrersRequest } from '../core/registry/referrer-service.ts';
export type { Registry } from '../core/registry/registry.ts';
export type { TagService } from '../core/registry/tag-service.ts';
export type { FileReader, Whence } from '../core/storage/file-reader.ts';
export { bindPort } from './loading/bind-port.ts';
export * from './plugin.ts';
