import { open, stat } from 'node:fs/promises';
import { type FileImage, parseImageReference } from '../../client/references/image-reference.ts';
import { UsageError } from '../usage-error.ts';

const BLOCK = 512;
/** `docker save` and skopeo write the files that tell archives apart after a hundred layers at most. */
const MAX_ENTRIES = 10_000;

/** Whether a text names a folder or an archive with its transport. */
export function isLocal(text: string): boolean {
  return /^(?:oci|oci-archive|docker-archive|ocidir):/.test(text);
}

/**
 * Reads what is in a folder or an archive; a text without a transport is its path.
 * @throws UsageError for a registry, and for a path where nothing of this kind is
 */
export async function parseLocalImage(text: string): Promise<FileImage> {
  if (isLocal(text)) return parseImageReference(text) as FileImage;
  const found = await stat(text).catch(() => undefined);
  if (found === undefined) throw new UsageError(`there is no ${text}; write oci:<folder>, or the path of an archive`);
  return { kind: found.isDirectory() ? 'oci' : await archiveKind(text), path: text };
}

/** An archive of OCI has a file `oci-layout`; that of newer versions of docker has it as well, and is read as such. */
async function archiveKind(path: string): Promise<FileImage['kind']> {
  await using file = await open(path);
  const header = Buffer.alloc(BLOCK);
  let hasManifest = false;
  for (let [at, entry] = [0, 0]; entry < MAX_ENTRIES; entry += 1) {
    const { bytesRead } = await file.read(header, 0, BLOCK, at);
    const name = nameIn(header);
    if (bytesRead < BLOCK || name === '') break;
    if (name === 'oci-layout') return 'oci-archive';
    hasManifest ||= name === 'manifest.json';
    const size = Number.parseInt(header.subarray(124, 136).toString('latin1'), 8);
    if (!Number.isSafeInteger(size) || size < 0) break;
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  if (hasManifest) return 'docker-archive';
  throw new UsageError(`${path} is neither an archive of OCI nor one of docker; an archive must not be compressed`);
}

function nameIn(header: Buffer): string {
  const [name = ''] = header.subarray(0, 100).toString('latin1').split('\0', 1);
  return name.startsWith('./') ? name.slice(2) : name;
}
