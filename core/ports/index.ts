import type { ACCESS_CONTROLLER, AccessController } from './access-controller.ts';
import type { DESCRIPTOR_CACHE, DescriptorCache } from './descriptor-cache.ts';
import type { DIGEST_ALGORITHM, DigestAlgorithm } from './digest-algorithm.ts';
import type { DRIVER_WRAPPER, DriverWrapper } from './driver-wrapper.ts';
import type { EVENT_SINK, EventSink } from './event-sink.ts';
import type { REGISTRY_WRAPPER, RegistryWrapper } from './registry-wrapper.ts';
import type { ROUTE_EXTENSION, RouteExtension } from './route-extension.ts';
import type { TOKEN_PROVIDER, TokenProvider } from './token-provider.ts';

export * from './access-controller.ts';
export type { AuditAction, AuditRecord } from './audit-record.ts';
export * from './descriptor-cache.ts';
export * from './digest-algorithm.ts';
export * from './driver-wrapper.ts';
export * from './event-sink.ts';
export * from './registry-wrapper.ts';
export * from './route-extension.ts';
export * from './token-provider.ts';

/** The kinds of plugins: for each its port, and the token to which a plugin's module binds it. */
export interface PluginKinds {
  readonly 'access-controller': { readonly token: typeof ACCESS_CONTROLLER; readonly port: AccessController };
  readonly 'descriptor-cache': { readonly token: typeof DESCRIPTOR_CACHE; readonly port: DescriptorCache };
  readonly 'digest-algorithm': { readonly token: typeof DIGEST_ALGORITHM; readonly port: DigestAlgorithm };
  readonly 'driver-wrapper': { readonly token: typeof DRIVER_WRAPPER; readonly port: DriverWrapper };
  readonly 'event-sink': { readonly token: typeof EVENT_SINK; readonly port: EventSink };
  readonly 'registry-wrapper': { readonly token: typeof REGISTRY_WRAPPER; readonly port: RegistryWrapper };
  readonly 'route-extension': { readonly token: typeof ROUTE_EXTENSION; readonly port: RouteExtension };
  readonly 'token-provider': { readonly token: typeof TOKEN_PROVIDER; readonly port: TokenProvider };
}
