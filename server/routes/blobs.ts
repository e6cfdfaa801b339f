import { parseDigest } from '../../core/digest/digest.ts';
import type { LayerService } from '../../core/registry/layer-service.ts';
import type { HttpSettings } from '../http/http-settings.ts';
import { sendEmpty } from '../http/responses.ts';
import { sendLayer } from '../http/send-layer.ts';
import type { Handler, Handlers } from './route-context.ts';

/** Blobs by digest. */
export function blobRoutes(layers: LayerService, settings: HttpSettings): Handlers<'blob'> {
  const get: Handler<'blob'> = async ({ ctx, name, parameters, call }) => {
    const layer = await layers.fetch(name, parseDigest(parameters.digest), call);
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
