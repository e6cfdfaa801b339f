import { createHash } from 'node:crypto';
import { type Digest, hexOf } from '../../digest/digest.ts';
import { isAbsent, isJsonObject, isNothing, type JsonObject } from '../../model/descriptor.ts';
import { goJson, inKeyOrder } from './go-json.ts';
import type { Schema1Manifest } from './schema-1-manifest.ts';

/** A gzip of an empty archive. Schema 1 uses it for a build step that changed no file. */
export const EMPTY_LAYER = {
  digest: 'sha256:a3ed95caeb02ffe68cdd9fd84406680ae93d633cb16422d00e8a7c22955b46d4' as Digest,
  bytes: Buffer.from('H4sIAAAJbogA/2IYBaNgFIxYAAgAAP//Lq+17wAEAAA=', 'base64'),
};
/** The text that Go writes for an unknown time. */
const ZERO_TIME = '0001-01-01T00:00:00Z';

/** A schema 2 image that an old client requests. */
export interface ConvertedImage {
  readonly name: string;
  readonly tag: string;
  /** The bytes of the configuration. */
  readonly config: Uint8Array;
  /** The digests of the layers, the lowest one first. */
  readonly layers: readonly Digest[];
}

/**
 * Converts a schema 2 image to schema 1 as Docker 1.10 and distribution 2.8 do: the same image always gives the same
 * manifest. Only the top layer has the configuration.
 * @throws TypeError when the configuration does not belong to an image with these layers
 */
export function fromImage({ name, tag, config, layers }: ConvertedImage): Schema1Manifest {
  const text = Buffer.from(config).toString();
  const { document, steps } = readConfig(text);
  const fsLayers: { blobSum: string }[] = [];
  const history: { v1Compatibility: string }[] = [];
  const left = [...layers];
  let parent = '';
  for (const [index, step] of steps.entries()) {
    const isEmpty = step['empty_layer'] === true;
    const sum = isEmpty ? EMPTY_LAYER.digest : left.shift();
    if (sum === undefined) throw new TypeError('the history has more layers than the image');
    const isTop = index === steps.length - 1;
    const id = sha256(isTop ? `${hexOf(sum)} ${parent} ${text}` : `${hexOf(sum)} ${parent}`);
    const v1 = isTop ? topLayer(document, { id, parent, isEmpty }) : lowerLayer(step, { id, parent, isEmpty });
    fsLayers.unshift({ blobSum: sum });
    history.unshift({ v1Compatibility: goJson(v1) });
    parent = id;
  }
  if (left.length > 0) throw new TypeError('the image has more layers than its history');
  const { architecture } = document;
  return {
    schemaVersion: 1,
    ...{ name, tag, fsLayers, history },
    architecture: typeof architecture === 'string' ? architecture : '',
  };
}

interface LayerPlace {
  readonly id: string;
  readonly parent: string;
  readonly isEmpty: boolean;
}

function readConfig(text: string): { readonly document: JsonObject; readonly steps: readonly JsonObject[] } {
  let document: unknown;
  try {
    // Keep numbers as written.
    document = JSON.parse(text, (_, value: unknown, { source }: { source?: string } = {}) =>
      typeof value === 'number' && source !== undefined ? rawJson(source) : value,
    );
  } catch (cause) {
    throw new TypeError('the configuration is not JSON', { cause });
  }
  const steps = isJsonObject(document) ? document['history'] : undefined;
  if (!isJsonObject(document) || !Array.isArray(steps) || steps.length === 0 || !steps.every(isJsonObject)) {
    throw new TypeError('the configuration has no history');
  }
  return { document, steps };
}

/** The configuration, without what the layers contain themselves. */
function topLayer({ rootfs: _, history: __, ...document }: JsonObject, { id, parent, isEmpty }: LayerPlace): object {
  return inKeyOrder({
    ...document,
    id,
    ...(parent === '' ? {} : { parent }),
    ...(isEmpty ? { throwaway: true } : {}),
  });
}

function lowerLayer(
  { comment, created, created_by: createdBy, author }: JsonObject,
  { id, parent, isEmpty }: LayerPlace,
): object {
  return {
    id,
    ...(parent === '' ? {} : { parent }),
    ...(isNothing(comment) ? {} : { comment }),
    created: isAbsent(created) ? ZERO_TIME : created,
    container_config: { Cmd: [isAbsent(createdBy) ? '' : createdBy] },
    ...(isNothing(author) ? {} : { author }),
    ...(isEmpty ? { throwaway: true } : {}),
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** ES2025; missing from TypeScript's types. */
const rawJson = (JSON as unknown as { rawJSON: (source: string) => unknown }).rawJSON;
