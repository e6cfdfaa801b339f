import { accessController } from './access-controller.ts';
import { descriptorCache } from './descriptor-cache.ts';
import { driverWrapper } from './driver-wrapper.ts';
import { eventSink } from './event-sink.ts';
import type { KindContract } from './kind-contract.ts';
import { routeExtension } from './route-extension.ts';
import { tokenProvider } from './token-provider.ts';

/** The contracts of all kinds of plugins but storage drivers. */
export const KINDS: readonly KindContract[] = [
  accessController,
  descriptorCache,
  driverWrapper,
  eventSink,
  routeExtension,
  tokenProvider,
];
