import { ForwardingRegistry } from '../registry/forwarding/forwarding-registry.ts';
import type { Registry } from '../registry/registry.ts';
import type { EventDispatch } from './event-dispatch.ts';
import { NotifyingLayerService } from './notifying-layer-service.ts';
import { NotifyingManifestService } from './notifying-manifest-service.ts';
import { type EmitEvent, eventOf } from './registry-events.ts';

/**
 * Reports successful calls on another registry to the event sinks, whether they come from requests or from plugins that
 * inject the registry. Jobs work on the storage below it, so what they do is not reported.
 */
export class NotifyingRegistry extends ForwardingRegistry {
  constructor(inner: Registry, events: Pick<EventDispatch, 'publish'>) {
    const emit: EmitEvent = (...happened) => events.publish(eventOf(...happened));
    super(inner, {
      layers: new NotifyingLayerService(inner.layers, emit),
      manifests: new NotifyingManifestService(inner.manifests, emit),
    });
  }
}
