/** Everything that a plugin other than a storage driver may import; published as `stowage/plugin`. */
export type { RouteAccess, RouteMethod } from '../core/api/route-descriptor.ts';
export {
  ACCESS_CONTROLLER,
  BindingModule,
  DESCRIPTOR_CACHE,
  DRIVER_WRAPPER,
  EVENT_SINK,
  type PortTypes,
  ROUTE_EXTENSION,
  TOKEN_PROVIDER,
} from '../core/di.ts';
export { type Digest, isDigest, parseDigest } from '../core/digest/digest.ts';
export type { OptionsResult, OptionsSchema, PluginContext, SchemaIssue } from '../core/driver/index.ts';
export { type ErrorDetail, RegistryError, type RegistryErrorCode, UnauthorizedError } from '../core/model/errors.ts';
export {
  parseRepositoryName,
  parseUploadId,
  type RepositoryName,
  type Tag,
  type UploadId,
} from '../core/model/reference.ts';
export type { UploadState } from '../core/model/upload-state.ts';
export type { Access, AccessController, AccessRequest, Grant } from '../core/ports/access-controller.ts';
export type { DescriptorCache, StoredBlob } from '../core/ports/descriptor-cache.ts';
export type { CallMetrics as CallFigures, DriverMetrics as DriverFigures } from '../core/ports/driver-metrics.ts';
export type { DriverWrapper } from '../core/ports/driver-wrapper.ts';
export type { EventSink, RegistryEvent } from '../core/ports/event-sink.ts';
export type {
  ExtensionMethod,
  ExtensionRequest,
  ExtensionResponse,
  ExtensionRoute,
  RouteExtension,
} from '../core/ports/route-extension.ts';
export type { TokenProvider } from '../core/ports/token-provider.ts';
export { bindPort } from './loading/bind-port.ts';
export * from './plugin.ts';
