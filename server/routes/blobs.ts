import { parseDigest } from '../../core/digest/digest.ts';
import type { LayerService } from '../../core/registry/layer-service.ts';
import type { HttpSettings } from '../http/http-settings.ts';
import { sendEmpty } from '../http/responses.ts';
import { sendLayer } from '../http/send-layer.ts';
import type { MountSources } from './mount-sources.ts';
import type { Handler, Handlers } from './route-context.ts';

/** What the blob routes depend on. */
export interface BlobServices {
  readonly layers: LayerService;
  readonly sources: MountSources;
}

/** Blobs by digest. */
export function blobRoutes({ layers, sources }: BlobServices, settings: HttpSettings): Handlers<'blob'> {
  const get: Handler<'blob'> = async ({ ctx, name, grant, parameters, call }) => {
    const digest = parseDigest(parameters.digest);
    const layer = await layers.fetch(name, digest, call);
    sources.note(name, digest, grant);
    await sendLayer(ctx, layer, settings);
  };
  return {
    GET: get,
    HEAD: get,
    DELETE: async ({ ctx, name, parameters, call }) => {
      const digest = parseDigest(parameters.digest);
      await layers.delete(name, digest, call);
      sendEmpty(ctx, 202);
    },
  };
}
