import { stat } from 'node:fs/promises';
import { type FileImage, parseImageReference } from '../../client/references/image-reference.ts';
import { ClientFailure } from '../client/client-failure.ts';
import { UsageError } from '../usage-error.ts';

/** Whether a text names a folder or an archive with its transport. */
export function isLocal(text: string): boolean {
  return /^(?:oci|oci-archive|docker-archive|ocidir):/.test(text);
}

/**
 * Reads what is in a folder or an archive; a text without a transport is its path.
 * @throws UsageError for a registry or a store
 * @throws ClientFailure with 4 for a path where nothing is
 */
export async function parseLocalImage(text: string): Promise<FileImage> {
  if (isLocal(text)) return parseImageReference(text) as FileImage;
  const found = await stat(text).catch(() => undefined);
  // Which kind of archive it is shows when it is read.
  if (found !== undefined) return { kind: found.isDirectory() ? 'oci' : 'oci-archive', path: text };
  if (/^(?:store|docker):/.test(text) || /^[^/]+:\d+\//.test(text))
    throw new UsageError('push takes a folder or an archive; "stowage copy" takes from anywhere');
  throw new ClientFailure(`there is no ${text}; write oci:<folder>, or the path of an archive`, 4);
}
