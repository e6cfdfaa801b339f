import { Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { createTarDecoder, type TarHeader } from 'modern-tar';
import type { ObjectStore } from '../../client/stores/object-store.ts';
import { StoreError } from '../../client/stores/store-error.ts';
import type { Digest } from '../../core/digest/digest.ts';
import { Digester } from '../../core/digest/digester.ts';
import type { Descriptor } from '../../core/model/descriptor.ts';
import type { CallContext } from '../../core/registry/call-context.ts';
import { verifiedBytes } from './verified-bytes.ts';

/** A path in a layer. */
export type LayerFile =
  | {
      readonly kind: 'file' | 'directory' | 'symlink' | 'link' | 'other';
      readonly size: number;
      /** Permission bits. */
      readonly mode: number;
      /** Of the content of a file; where a link leads to. */
      readonly content: Digest | string;
    }
  /** The layer removes what lower ones have under this path. */
  | { readonly kind: 'removed' };

/** More than any image has; a hostile one must not fill the memory. */
const MAX_FILES = 1_000_000;
/** image-spec, "Whiteouts". */
const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';
const KINDS: Readonly<Record<string, 'file' | 'directory' | 'symlink' | 'link'>> = {
  file: 'file',
  directory: 'directory',
  symlink: 'symlink',
  link: 'link',
};

/**
 * The files that these layers have, one on top of the other.
 * @throws StoreError `damaged` for bytes that are others than a digest names, or no archive; `unsupported` for an unknown
 * compression, and for more than a million files
 */
export async function layerFiles(
  store: ObjectStore,
  layers: readonly Descriptor[],
  context: CallContext,
): Promise<ReadonlyMap<string, LayerFile>> {
  const files = new Map<string, LayerFile>();
  for (const layer of layers) {
    try {
      await addLayer(files, decompressed(store, layer, context));
    } catch (cause) {
      context.signal?.throwIfAborted();
      if (cause instanceof StoreError || (cause instanceof Error && 'advice' in cause)) throw cause;
      throw new StoreError('damaged', `layer ${layer.digest} is no readable archive`, { cause });
    }
  }
  return files;
}

async function addLayer(files: Map<string, LayerFile>, bytes: Readable): Promise<void> {
  const stream = Readable.toWeb(bytes) as ReadableStream<Uint8Array>;
  for await (const { header, body } of stream.pipeThrough(createTarDecoder({ strict: true }))) {
    const path = header.name.replace(/^(?:\.?\/)+/, '').replace(/\/$/, '');
    const digester = new Digester();
    for await (const chunk of body) digester.update(chunk);
    if (path !== '' && path !== '.') add(files, path, { header, digest: digester.digest() });
    if (files.size > MAX_FILES) throw new StoreError('unsupported', `the layers have more than ${MAX_FILES} files`);
  }
}

function add(
  files: Map<string, LayerFile>,
  path: string,
  { header, digest }: { readonly header: TarHeader; readonly digest: Digest },
): void {
  const slash = path.lastIndexOf('/') + 1;
  const [folder, name] = [path.slice(0, slash), path.slice(slash)];
  if (name === OPAQUE) {
    for (const each of files.keys()) if (each.startsWith(folder)) files.delete(each);
    files.set(`${folder}*`, { kind: 'removed' });
    return;
  }
  if (name.startsWith(WHITEOUT)) {
    files.set(`${folder}${name.slice(WHITEOUT.length)}`, { kind: 'removed' });
    return;
  }
  const kind = KINDS[header.type ?? 'file'] ?? 'other';
  const content = kind === 'file' ? digest : (header.linkname ?? '');
  files.set(path, { kind, size: header.size, mode: header.mode ?? 0, content });
}

/** The archive of a layer, whatever it is compressed with. */
function decompressed(store: ObjectStore, layer: Descriptor, context: CallContext): Readable {
  const bytes = Readable.from(verifiedBytes(store, layer, context), { objectMode: false });
  if (layer.mediaType.endsWith('.tar')) return bytes;
  const unpack = /\.tar[.+]gzip$/.test(layer.mediaType)
    ? createGunzip()
    : /\.tar[.+]zstd$/.test(layer.mediaType)
      ? createZstdDecompress()
      : undefined;
  if (unpack === undefined) {
    bytes.destroy();
    throw new StoreError('unsupported', `layer ${layer.digest} is ${layer.mediaType}, which is no known archive`);
  }
  bytes.on('error', (error) => unpack.destroy(error));
  return bytes.pipe(unpack);
}
