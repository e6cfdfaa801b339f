import { isAbsent } from '../../model/descriptor.ts';
import { OCI_IMAGE_INDEX } from '../../model/media-types.ts';
import type { ManifestFormat } from '../manifest-format.ts';
import { INDEX_CONTENT } from './content-fields.ts';

/** An index; `"manifests": null` is enough to recognise one. */
export const ociIndex = {
  mediaType: OCI_IMAGE_INDEX,
  schemaVersion: 2,
  isPushable: true,
  content: INDEX_CONTENT,
  likeness: (document) => {
    if (!isAbsent(document['manifests'])) return 3;
    return 'manifests' in document ? 1 : 0;
  },
} as const satisfies ManifestFormat;
