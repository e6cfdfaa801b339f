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
export type {
  Access,
  AccessController,
  AccessRequest,
  CallFigures,
  DescriptorCache,
  DriverFigures,
  DriverWrapper,
  EventSink,
  ExtensionMethod,
  ExtensionRequest,
  ExtensionResponse,
  ExtensionRoute,
  Grant,
  RegistryEvent,
  RouteExtension,
  StoredBlob,
  TokenProvider,
  UploadState,
} from '../core/ports.ts';
export { bindPort } from './loading/bind-port.ts';
export * from './plugin.ts';
