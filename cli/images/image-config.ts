import { readBlob } from '../../client/copy/read-blob.ts';
import type { ObjectStore } from '../../client/stores/object-store.ts';
import { type Descriptor, isJsonObject, type JsonObject } from '../../core/model/descriptor.ts';
import type { CallContext } from '../../core/registry/call-context.ts';

/** Types of configurations that say how an image is run. */
const IMAGE_CONFIG = /^application\/vnd\.(?:oci\.image\.config\.v1|docker\.container\.image\.v1)\+json$/;

/** The configuration of an image; `undefined` for an artifact that has another kind of one. */
export async function readConfig(
  store: ObjectStore,
  config: Descriptor | undefined,
  context: CallContext,
): Promise<JsonObject | undefined> {
  if (config === undefined || !IMAGE_CONFIG.test(config.mediaType)) return undefined;
  const bytes = await readBlob(store, config, context);
  try {
    const document: unknown = JSON.parse(bytes.toString());
    return isJsonObject(document) ? document : undefined;
  } catch {
    return undefined;
  }
}

/** What an image runs on, as users write it: `linux/arm/v7`; `undefined` where nothing says so. */
export function platformText(value: unknown): string | undefined {
  if (!isJsonObject(value)) return undefined;
  const parts = [value['os'], value['architecture'], value['variant']].filter(
    (part): part is string => typeof part === 'string' && part !== '',
  );
  return parts.length === 0 ? undefined : parts.join('/');
}
