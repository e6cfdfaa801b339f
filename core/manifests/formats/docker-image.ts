import { DOCKER_MANIFEST } from '../../model/media-types.ts';
import type { ManifestFormat } from '../manifest-format.ts';
import { IMAGE_CONTENT } from './content-fields.ts';

export const dockerImage = {
  mediaType: DOCKER_MANIFEST,
  schemaVersion: 2,
  isPushable: true,
  content: IMAGE_CONTENT,
} as const satisfies ManifestFormat;
