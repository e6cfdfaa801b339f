import { duration, flag } from '../engine/scalars.ts';
import { group, setting } from '../engine/schema.ts';

/** `storage.delete`: what clients may delete, and how long it can come back. */
export const deletion = group(
  {
    enabled: setting(flag, { default: 'false', description: 'allows clients to delete tags, manifests and blobs' }),
    keep: setting(duration, {
      default: '0s',
      description:
        'how long deleted tags and manifests, and blobs that a garbage collection has removed, stay in the trash and can come back (`stowage undelete`); `0s`: not at all. The same on all instances',
    }),
  },
  { guarded: true },
);
