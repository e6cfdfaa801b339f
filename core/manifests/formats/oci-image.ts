import { isAbsent } from '../../model/descriptor.ts';
import { OCI_IMAGE_MANIFEST } from '../../model/media-types.ts';
import type { ManifestFormat } from '../manifest-format.ts';
import { IMAGE_CONTENT } from './content-fields.ts';

/** The format of a document without a media type, unless it resembles another format. */
export const ociImage = {
  mediaType: OCI_IMAGE_MANIFEST,
  schemaVersion: 2,
  isPushable: true,
  content: IMAGE_CONTENT,
  likeness: ({ config, layers }) => (isAbsent(config) && isAbsent(layers) ? 0 : 2),
} as const satisfies ManifestFormat;
