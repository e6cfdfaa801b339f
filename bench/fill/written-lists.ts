import { linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Content, repositoryName, tagName } from '../content.ts';

/** ext4 gives a file at most 65 000 names. */
const MAX_NAMES = 50_000;

/**
 * Writes the repositories with many tags and those of the catalog to a storage on a disk, in distribution's layout.
 * Pushing them would take minutes per registry. The registry must not have received a request for them yet.
 */
export function writeLists(root: string, content: Content): void {
  const { tags, repositories } = content.scale;
  const folder = join(root, 'docker/registry/v2/repositories');
  for (const [size, count] of Object.entries(tags)) {
    if (count > 0) writeRepository(join(folder, `bench/tags-${size}`), content, count);
  }
  for (let index = 0; index < repositories; index += 1) {
    writeRepository(join(folder, repositoryName(index)), content, 1);
  }
}

/** An image without the large blob, with this many tags. */
function writeRepository(repository: string, { empty, small, smallImage }: Content, tagCount: number): void {
  for (const { digest } of [empty, small]) writeLink(join(repository, '_layers', digest.replace(':', '/')), digest);
  const { digest } = smallImage;
  const manifests = join(repository, '_manifests');
  writeLink(join(manifests, 'revisions', digest.replace(':', '/')), digest);
  let shared = '';
  for (let index = 0; index < tagCount; index += 1) {
    const current = join(manifests, 'tags', tagName(index), 'current');
    if (index % MAX_NAMES === 0) {
      shared = writeLink(current, digest);
      continue;
    }
    mkdirSync(current, { recursive: true });
    // Hard links take a tenth of the space and look the same to a reader.
    linkSync(shared, join(current, 'link'));
  }
}

function writeLink(folder: string, digest: string): string {
  const file = join(folder, 'link');
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, digest);
  return file;
}
