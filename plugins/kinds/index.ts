import type { PluginKind } from '../plugin.ts';
import { accessController } from './access-controller.ts';
import { descriptorCache } from './descriptor-cache.ts';
import { digestAlgorithm } from './digest-algorithm.ts';
import { driverWrapper } from './driver-wrapper.ts';
import { eventSink } from './event-sink.ts';
import type { KindContract } from './kind-contract.ts';
import { registryWrapper } from './registry-wrapper.ts';
import { routeExtension } from './route-extension.ts';
import { tokenProvider } from './token-provider.ts';

/**
 * All kinds of plugins except storage drivers, in the order in which plugins with their own key are loaded. The loader,
 * the composition and the messages follow from this table.
 */
export const KINDS: Readonly<Record<PluginKind, KindContract>> = {
  'access-controller': accessController,
  'token-provider': tokenProvider,
  'descriptor-cache': descriptorCache,
  'digest-algorithm': digestAlgorithm,
  'driver-wrapper': driverWrapper,
  'registry-wrapper': registryWrapper,
  'event-sink': eventSink,
  'route-extension': routeExtension,
};

/** The kind with this name, if there is one. */
export function kindOf(name: unknown): KindContract | undefined {
  return Object.values(KINDS).find(({ kind }) => kind === name);
}
