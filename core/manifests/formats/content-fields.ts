import type { ContentField } from '../manifest-format.ts';

/** The content that an image names. */
export const IMAGE_CONTENT: readonly ContentField[] = [
  { name: 'config', holds: 'descriptor', role: 'blob' },
  { name: 'layers', holds: 'descriptors', role: 'blob' },
];

/** The content that an index names. */
export const INDEX_CONTENT: readonly ContentField[] = [{ name: 'manifests', holds: 'descriptors', role: 'child' }];
