import { algorithmFolder, algorithmOf, type Digest, hexOf } from '../../digest/digest.ts';

/** A digest as a relative folder: its algorithm, then its hex digits. */
export function digestFolder(digest: Digest): string {
  return `${algorithmFolder(algorithmOf(digest))}/${hexOf(digest)}`;
}
