import type { ContentField } from '../manifest-format.ts';

/** What an image names. */
export const IMAGE_CONTENT: readonly ContentField[] = [
  { name: 'config', holds: 'descriptor', role: 'blob' },
  { name: 'layers', holds: 'descriptors', role: 'blob' },
];

/** What an index names. */
export const INDEX_CONTENT: readonly ContentField[] = [{ name: 'manifests', holds: 'descriptors', role: 'child' }];
