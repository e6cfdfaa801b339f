import { resolve } from 'node:path';
import { tagIn, wholeName } from '../../client/references/image-names.ts';
import { type FileImage, formatImageReference, type ImageReference } from '../../client/references/image-reference.ts';
import { InvalidReferenceError } from '../../client/references/invalid-reference-error.ts';
import type { ObjectStore } from '../../client/stores/object-store.ts';
import type { Digest } from '../../core/digest/digest.ts';
import { RegistryError } from '../../core/model/errors.ts';
import type { Reference, Tag } from '../../core/model/reference.ts';
import type { Connections } from './connections.ts';

/** A store, and which of its images is meant. */
export interface OpenImage extends AsyncDisposable {
  readonly store: ObjectStore;
  /** The digest where there is one, otherwise the tag; absent: the only image, or the one tagged `latest`. */
  readonly reference: Reference | undefined;
  /** What the image is called, also where a digest decides. */
  readonly tag: Tag | undefined;
  /** Its whole name (`team/app:v1`), where it is in a folder or an archive and has one. */
  readonly name: string | undefined;
}

/** What an image is opened for. */
export interface OpenImageOptions {
  /** `plan`: as the target of a copy that only says what it would do. */
  readonly access?: 'read' | 'write' | 'plan';
  /** The name without tag that Docker loads an archive under, unless its images have whole names. */
  readonly name?: string | undefined;
  /** What the user calls an archive that is read, where it is not its reference: a path alone does not say which kind it is. */
  readonly label?: string | undefined;
  /** Ends the reading of an archive. It can take long, because layers may have to be hashed. */
  readonly signal?: AbortSignal | undefined;
}

/** Opens the store that a reference names. */
export async function openImage(
  image: ImageReference,
  connections: Connections,
  options: OpenImageOptions = {},
): Promise<OpenImage> {
  const isFile = image.kind !== 'registry' && image.kind !== 'store';
  const tag = isFile ? tagOfFile(image) : image.tag;
  const name = isFile && image.name !== tag ? image.name : undefined;
  await using opening = new AsyncDisposableStack();
  const store = opening.use(await openStore(image, connections, options));
  const { access = 'read' } = options;
  const digest = image.digest ?? (name === undefined || access !== 'read' ? undefined : await digestIn(store, name));
  const named: Reference | undefined = tag === undefined ? undefined : { kind: 'tag', tag };
  const reference: Reference | undefined = digest === undefined ? named : { kind: 'digest', digest };
  const open = opening.move();
  return { store, tag, name, reference, [Symbol.asyncDispose]: () => open.disposeAsync() };
}

/** @throws RegistryError `MANIFEST_UNKNOWN` */
async function digestIn(store: ObjectStore, name: string): Promise<Digest> {
  const digest = await store.named?.(name);
  if (digest === undefined) throw new RegistryError('MANIFEST_UNKNOWN', { store: store.label, reference: name });
  return digest;
}

async function openStore(
  image: ImageReference,
  connections: Connections,
  { access = 'read', name, label, signal }: OpenImageOptions,
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
      const records = access === 'write' ? await connections.uploadRecords() : undefined;
      const registry = await connections.store(configuration, {
        writes: access === 'write',
        mayBeNew: access !== 'read',
      });
      // A record of an upload holds in whatever folder the next call is made.
      return new RegistryStore({ registry, records }, { repository, host: `store:${resolve(configuration)}/` });
    }
    case 'oci': {
      const { LayoutStore } = await import('../../client/stores/layout/layout-store.ts');
      return new LayoutStore(image.path);
    }
    case 'oci-archive':
    case 'docker-archive':
      return access === 'read' ? openArchive(image, { label, signal }) : newArchive(image, name);
  }
}

async function openArchive(
  { kind, path }: FileImage,
  { label = `${kind}:${path}`, signal }: Pick<OpenImageOptions, 'label' | 'signal'>,
): Promise<ObjectStore> {
  const { ArchiveSource } = await import('../../client/stores/archive/archive-source.ts');
  return await ArchiveSource.open(path, label, { signal });
}

async function newArchive({ kind, path }: FileImage, name: string | undefined): Promise<ObjectStore> {
  const { ArchiveTarget } = await import('../../client/stores/archive/archive-target.ts');
  const format = kind === 'oci-archive' ? 'oci' : 'docker';
  return new ArchiveTarget({ path, format, name, label: `${kind}:${path}` });
}

/** The tag of an image in a folder or an archive. Other tools write its whole name there; a name without a tag means `latest`. */
function tagOfFile(image: FileImage): Tag | undefined {
  const { name } = image;
  if (name === undefined) return undefined;
  const tag = tagIn(name) ?? tagIn(wholeName(name) ?? name);
  if (tag !== undefined) return tag;
  throw new InvalidReferenceError(formatImageReference(image), `${JSON.stringify(name)} has no tag`);
}
