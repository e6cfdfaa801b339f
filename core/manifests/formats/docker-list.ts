import { DOCKER_MANIFEST_LIST } from '../../model/media-types.ts';
import type { ManifestFormat } from '../manifest-format.ts';
import { INDEX_CONTENT } from './content-fields.ts';

export const dockerList = {
  mediaType: DOCKER_MANIFEST_LIST,
  schemaVersion: 2,
  isPushable: true,
  content: INDEX_CONTENT,
} as const satisfies ManifestFormat;
