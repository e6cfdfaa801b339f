import { crc32c } from './crc32c.ts';
import { hasStatus } from './failures.ts';
import type { NewObject, ObjectInfo, ObjectName, ObjectStore } from './object-store.ts';

/** The content type of everything that distribution stores. */
export const CONTENT_TYPE = 'application/octet-stream';

/**
 * Whether `found` is what a call of `put` with `object` has stored, so that only its answer was lost. If the service has
 * no CRC32C, only a unique object can be recognised.
 */
export function isStored(found: ObjectInfo, object: NewObject): boolean {
  const { content, contentType = CONTENT_TYPE, metadata = {}, isUnique = false } = object;
  const isSame = found.crc32c === undefined ? isUnique : found.crc32c === checksumOf(content);
  return isSame && found.contentType === contentType && textOf(found.metadata) === textOf(metadata);
}

/** The CRC32C of all chunks together. */
export function checksumOf(content: readonly Uint8Array[]): number {
  return content.reduce((before, chunk) => crc32c(chunk, before), 0);
}

/** Deletes an object unless another one has replaced it. */
export async function deleteVersion(store: ObjectStore, { key, version }: ObjectName): Promise<void> {
  try {
    await store.delete(key, { ifVersion: version });
  } catch (error) {
    if (!hasStatus(error, 412)) throw error;
  }
}

/** A value of the metadata; empty when there is none. Some services return names in another case. */
export function metadataOf({ metadata }: Pick<ObjectInfo, 'metadata'>, name: string): string {
  const entry = Object.entries(metadata).find(([key]) => key.toLowerCase() === name.toLowerCase());
  return entry?.[1] ?? '';
}

function textOf(metadata: Readonly<Record<string, string>>): string {
  const entries = Object.entries(metadata).map(([name, value]) => `${name.toLowerCase()}=${value}`);
  return entries.sort().join('\n');
}
