/** Everything that a plugin other than a storage driver may import; published as `stowage/plugin`. */
export { ACCESS_CONTROLLER, BindingModule, DRIVER_WRAPPER, TOKEN_PROVIDER } from '../core/di.ts';
export type { OptionsResult, OptionsSchema, PluginContext, SchemaIssue } from '../core/driver/index.ts';
export { RegistryError, type RegistryErrorCode, UnauthorizedError } from '../core/errors.ts';
export type {
  Access,
  AccessController,
  AccessRequest,
  DriverWrapper,
  Grant,
  TokenProvider,
  UploadState,
} from '../core/ports.ts';
export { parseRepositoryName, parseUploadId, type RepositoryName, type UploadId } from '../core/reference.ts';
export * from './plugin.ts';
