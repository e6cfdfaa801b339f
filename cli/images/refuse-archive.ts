import { formatImageReference, type ImageReference } from '../../client/references/image-reference.ts';
import { UsageError } from '../usage-error.ts';

/**
 * Refuses an archive as the place where a single blob or manifest is stored.
 * @throws UsageError
 */
export function refuseArchive(image: ImageReference): void {
  if (image.kind !== 'oci-archive' && image.kind !== 'docker-archive') return;
  const text = formatImageReference(image);
  throw new UsageError(
    `${text} is an archive, which is only written as a whole; store into a folder (oci:) and copy that to the archive`,
  );
}
