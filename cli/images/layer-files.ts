import { Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { createTarDecoder, type TarHeader } from 'modern-tar';
import type { ObjectStore } from '../../client/stores/object-store.ts';
import { StoreError } from '../../client/stores/store-error.ts';
import { Digester } from '../../core/digest/digester.ts';
import type { Descriptor } from '../../core/model/descriptor.ts';
import type { CallContext } from '../../core/registry/call-context.ts';
import { type FileKind, type FileTree, type LayerEntry, partsOf, requireFewPaths } from './file-tree.ts';
import { verifiedBytes } from './verified-bytes.ts';

/** image-spec, "Whiteouts". */
const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';
const KINDS: Readonly<Record<string, FileKind>> = {
  file: 'file',
  directory: 'directory',
  symlink: 'symlink',
  link: 'link',
};

/**
 * Puts layers on top of a tree, one after the other.
 * @throws StoreError `damaged` for bytes that are others than a digest names, or no archive; `unsupported` for an unknown
 * compression, and for more paths than a tree takes
 */
export async function addLayers(
  tree: FileTree,
  layers: readonly Descriptor[],
  { store, ...context }: CallContext & { readonly store: ObjectStore },
): Promise<void> {
  for (const layer of layers) {
    try {
      tree.add(await entriesOf(decompressed(store, layer, context)));
    } catch (cause) {
      context.signal?.throwIfAborted();
      if (cause instanceof StoreError || (cause instanceof Error && 'advice' in cause)) throw cause;
      throw new StoreError('damaged', `layer ${layer.digest} is no readable archive`, { cause });
    }
  }
}

async function entriesOf(bytes: Readable): Promise<LayerEntry[]> {
  const stream = Readable.toWeb(bytes) as ReadableStream<Uint8Array>;
  const entries: LayerEntry[] = [];
  for await (const { header, body } of stream.pipeThrough(createTarDecoder({ strict: true }))) {
    const digester = new Digester();
    for await (const chunk of body) digester.update(chunk);
    const entry = entryOf(header, digester);
    if (entry !== undefined) entries.push(entry);
    requireFewPaths(entries.length);
  }
  return entries;
}

function entryOf(header: TarHeader, digester: Digester): LayerEntry | undefined {
  const path = partsOf(header.name);
  const name = path.at(-1);
  // The root itself.
  if (name === undefined) return undefined;
  if (name === OPAQUE) return { path: path.slice(0, -1), removes: 'content' };
  if (name.startsWith(WHITEOUT)) return { path: [...path.slice(0, -1), name.slice(WHITEOUT.length)], removes: 'all' };
  const kind = KINDS[header.type ?? 'file'] ?? 'other';
  const { size, mode = 0, uid = 0, gid = 0, linkname = '' } = header;
  const content = kind === 'file' ? digester.digest() : linkname;
  return {
    path,
    file: { kind, size: kind === 'file' ? size : 0, mode: mode & 0o7777, owner: `${uid}:${gid}`, content },
  };
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
