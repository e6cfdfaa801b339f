import type { FileImage, ImageReference } from '../../client/references/image-reference.ts';
import { formatImageReference } from '../../client/references/image-reference.ts';
import { InvalidReferenceError } from '../../client/references/invalid-reference-error.ts';
import { type ObjectStore } from '../../client/stores/object-store.ts';
import { isTag, type Reference, type Tag } from '../../core/model/reference.ts';
import type { Connections } from './connections.ts';

/** A store, and which of its images is meant. */
export interface OpenImage extends AsyncDisposable {
  readonly store: ObjectStore;
  /** The digest where there is one, otherwise the tag; absent: the only image, or the one tagged `latest`. */
  readonly reference: Reference | undefined;
  /** What the image is called, also where a digest decides. */
  readonly tag: Tag | undefined;
}

/**
 * Opens the store that a reference names.
 * @param writes whether the command changes it
 */
export async function openImage(
  image: ImageReference,
  connections: Connections,
  { writes = false }: { readonly writes?: boolean } = {},
): Promise<OpenImage> {
  const store = await openStore(image, connections, writes);
  const tag = image.kind === 'registry' || image.kind === 'store' ? image.tag : tagOfFile(image);
  const { digest } = image;
  const named: Reference | undefined = tag === undefined ? undefined : { kind: 'tag', tag };
  return {
    store,
    tag,
    reference: digest === undefined ? named : { kind: 'digest', digest },
    [Symbol.asyncDispose]: async () => store[Symbol.asyncDispose](),
  };
}

async function openStore(image: ImageReference, connections: Connections, writes: boolean): Promise<ObjectStore> {
  switch (image.kind) {
    case 'registry': {
      const { repository, host } = image;
      const { RegistryStore } = await import('../../client/stores/registry-store.ts');
      const records = writes ? await connections.uploadRecords() : undefined;
      return new RegistryStore({ registry: await connections.remote(host), records }, { repository, host });
    }
    case 'store': {
      const { repository, configuration } = image;
      const { RegistryStore } = await import('../../client/stores/registry-store.ts');
      const registry = await connections.store(configuration, { writes });
      return new RegistryStore({ registry }, { repository, host: `store:${configuration}/` });
    }
    case 'oci': {
      const { LayoutStore } = await import('../../client/stores/layout/layout-store.ts');
      return new LayoutStore(image.path);
    }
    case 'oci-archive':
    case 'docker-archive':
      throw new Error(`${image.kind} is not supported`);
  }
}

/** In a folder or an archive an image may have the whole name of another tool, of which the tag counts. */
function tagOfFile(image: FileImage): Tag | undefined {
  if (image.name === undefined) return undefined;
  const tag = image.name.slice(image.name.lastIndexOf(':') + 1);
  if (isTag(tag)) return tag;
  throw new InvalidReferenceError(formatImageReference(image), `${JSON.stringify(image.name)} has no tag`);
}
