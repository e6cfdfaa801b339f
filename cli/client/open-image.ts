import { type FileImage, formatImageReference, type ImageReference } from '../../client/references/image-reference.ts';
import { InvalidReferenceError } from '../../client/references/invalid-reference-error.ts';
import type { ObjectStore } from '../../client/stores/object-store.ts';
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

/** What an image is opened for. */
export interface OpenImageOptions {
  /** `plan`: as the target of a copy that only says what it would do. */
  readonly access?: 'read' | 'write' | 'plan';
  /** The name that Docker loads an archive under, unless the reference has one. */
  readonly name?: string | undefined;
}

/** Opens the store that a reference names. */
export async function openImage(
  image: ImageReference,
  connections: Connections,
  options: OpenImageOptions = {},
): Promise<OpenImage> {
  const tag = image.kind === 'registry' || image.kind === 'store' ? image.tag : tagOfFile(image);
  const store = await openStore(image, connections, options);
  const { digest } = image;
  const named: Reference | undefined = tag === undefined ? undefined : { kind: 'tag', tag };
  return {
    store,
    tag,
    reference: digest === undefined ? named : { kind: 'digest', digest },
    [Symbol.asyncDispose]: async () => store[Symbol.asyncDispose](),
  };
}

async function openStore(
  image: ImageReference,
  connections: Connections,
  { access = 'read', name }: OpenImageOptions,
): Promise<ObjectStore> {
  switch (image.kind) {
    case 'registry': {
      const { repository, host } = image;
      const { RegistryStore } = await import('../../client/stores/registry-store.ts');
      const records = access === 'write' ? await connections.uploadRecords() : undefined;
      return new RegistryStore({ registry: await connections.remote(host), records }, { repository, host });
    }
    case 'store': {
      const { repository, configuration } = image;
      const { RegistryStore } = await import('../../client/stores/registry-store.ts');
      const registry = await connections.store(configuration, { writes: access === 'write' });
      return new RegistryStore({ registry }, { repository, host: `store:${configuration}/` });
    }
    case 'oci': {
      const { LayoutStore } = await import('../../client/stores/layout/layout-store.ts');
      return new LayoutStore(image.path);
    }
    case 'oci-archive':
    case 'docker-archive':
      return access === 'read' ? openArchive(image) : newArchive(image, name);
  }
}

async function openArchive({ kind, path }: FileImage): Promise<ObjectStore> {
  const { ArchiveSource } = await import('../../client/stores/archive/archive-source.ts');
  return await ArchiveSource.open(path, `${kind}:${path}`);
}

async function newArchive({ kind, path, name }: FileImage, otherName: string | undefined): Promise<ObjectStore> {
  const { ArchiveTarget } = await import('../../client/stores/archive/archive-target.ts');
  const colon = name?.lastIndexOf(':') ?? -1;
  return new ArchiveTarget({
    path,
    format: kind === 'oci-archive' ? 'oci' : 'docker',
    name: colon < 0 ? otherName : name?.slice(0, colon),
    label: `${kind}:${path}`,
  });
}

/** Other tools give an image in a folder or an archive its whole name. Only the tag of it is used. */
function tagOfFile(image: FileImage): Tag | undefined {
  if (image.name === undefined) return undefined;
  const tag = image.name.slice(image.name.lastIndexOf(':') + 1);
  if (isTag(tag)) return tag;
  throw new InvalidReferenceError(formatImageReference(image), `${JSON.stringify(image.name)} has no tag`);
}
