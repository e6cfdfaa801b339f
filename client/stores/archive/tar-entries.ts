import type { FileHandle } from 'node:fs/promises';
import { StoreError } from '../store-error.ts';
import { BLOCK_BYTES, parsePaxRecords, parseTarHeader, type TarHeader } from './tar-header.ts';

/** The longest name or pax header, in bytes; they are read into memory. */
const MAX_EXTENSION_BYTES = 1024 * 1024;
/** The most entries of an archive; an image has at most about a hundred files. */
const MAX_ENTRIES = 200_000;

/** A file or link of an archive. */
export interface TarEntry {
  readonly name: string;
  readonly kind: 'file' | 'link' | 'folder' | 'other';
  /** The offset of the bytes in the archive. */
  readonly offset: number;
  readonly size: number;
  /** The target of a link. */
  readonly linkName: string;
}

/**
 * The entries of a tar archive, without reading their bytes. modern-tar reads an archive from start to end; here only
 * the headers are read, so an image of gigabytes opens at once and any part of a layer can be read.
 * @param label the name of the archive in errors
 * @throws StoreError `invalid` when it is not an archive, `damaged` when it is truncated
 */
export async function* tarEntries(handle: FileHandle, label: string): AsyncGenerator<TarEntry, void, undefined> {
  const { size: length } = await handle.stat();
  let next: { name?: string; linkName?: string; size?: number } = {};
  let count = 0;
  for (let at = 0; at < length; ) {
    const header = parseTarHeader(await readAt(handle, { at, bytes: BLOCK_BYTES, label }), label);
    if (header === undefined) return;
    count += 1;
    if (count > MAX_ENTRIES) throw new StoreError('invalid', `${label} has more than ${MAX_ENTRIES} entries`);
    const offset = at + BLOCK_BYTES;
    const { size, name, linkName } = { ...header, ...next };
    if (offset + size > length) throw new StoreError('damaged', `${label} ends in the middle of ${name}`);
    at = offset + Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES;
    if (!EXTENSIONS.has(header.type)) {
      yield { name, kind: KINDS[header.type] ?? 'other', offset, size, linkName };
      next = {};
      continue;
    }
    if (header.size > MAX_EXTENSION_BYTES)
      throw new StoreError('invalid', `${label} has a header of ${header.size} bytes`);
    const body = await readAt(handle, { at: offset, bytes: header.size, label });
    at = offset + Math.ceil(header.size / BLOCK_BYTES) * BLOCK_BYTES;
    next = { ...next, ...extension(header, body, label) };
  }
}

const EXTENSIONS: ReadonlySet<string> = new Set(['x', 'g', 'L', 'K']);
const KINDS: Readonly<Record<string, TarEntry['kind']>> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  '1': 'link',
  '2': 'link',
  '5': 'folder',
};

function extension(
  { type }: TarHeader,
  body: Buffer,
  label: string,
): { name?: string; linkName?: string; size?: number } {
  if (type === 'L' || type === 'K') {
    const [text = ''] = body.toString('utf8').split('\0', 1);
    return type === 'L' ? { name: text } : { linkName: text };
  }
  // A global header does not name a single entry.
  if (type === 'g') return {};
  const records = parsePaxRecords(body, label);
  const [name, linkName, size] = [records.get('path'), records.get('linkpath'), records.get('size')];
  if (size !== undefined && !/^\d{1,15}$/.test(size))
    throw new StoreError('invalid', `${label} has an entry with an impossible size`);
  return {
    ...(name !== undefined && { name }),
    ...(linkName !== undefined && { linkName }),
    ...(size !== undefined && { size: Number(size) }),
  };
}

async function readAt(
  handle: FileHandle,
  { at, bytes, label }: { readonly at: number; readonly bytes: number; readonly label: string },
): Promise<Buffer> {
  const buffer = Buffer.alloc(bytes);
  const { bytesRead } = await handle.read(buffer, 0, bytes, at);
  if (bytesRead < bytes) throw new StoreError('damaged', `${label} ends too early`);
  return buffer;
}
