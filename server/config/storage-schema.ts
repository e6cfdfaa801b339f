import { duration, flag, integer, oneOf } from './scalars.ts';
import { group, options, setting } from './structure.ts';

const uploadPurging = group({
  enabled: setting(flag, { default: 'true', about: 'removes uploads that nobody finished' }),
  age: setting(duration, {
    default: '168h',
    about: 'how long ago the last byte of an unfinished upload must have come for it to be removed',
  }),
  interval: setting(duration, { default: '24h', about: 'time between two searches for such uploads' }),
  dryrun: setting(flag, { default: 'false', about: 'only logs what would be removed' }),
});

const cache = group({
  blobdescriptor: setting(oneOf('', 'inmemory', 'redis'), {
    about: 'where sizes and media types of blobs are cached; nowhere without it',
  }),
  layerinfo: setting(oneOf('', 'inmemory', 'redis'), {
    deprecated: 'storage.cache.blobdescriptor',
    about: 'old name of `storage.cache.blobdescriptor`, used when that one is absent',
  }),
  blobdescriptorsize: setting(integer(), {
    default: '10000',
    about: 'most blobs in the `inmemory` cache; 0 or less means a million',
  }),
});

/** Every key of `storage` that is not the name of a driver. */
export const storageShape = {
  delete: group({
    enabled: setting(flag, { default: 'false', about: 'lets clients delete tags, manifests and blobs' }),
  }),
  redirect: group({
    disable: setting(flag, { default: 'false', about: 'serves blobs itself even where the backend offers URLs' }),
  }),
  maintenance: group({
    readonly: group({
      enabled: setting(flag, { default: 'false', about: 'refuses everything that would change the content' }),
    }),
    uploadpurging: uploadPurging,
  }),
  cache,
  tag: group(
    {
      concurrencylimit: setting(integer(0), {
        default: '0',
        about: 'tags that are read at the same time to find those of a digest; 0 lets the registry choose',
      }),
    },
    { later: true },
  ),
};

/** `storage`: exactly one other key, which names the driver; below it stand the driver's own options. */
export const storage = group(storageShape, {}, options);
