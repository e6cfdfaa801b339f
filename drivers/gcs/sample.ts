import { HttpTransport, KeyMapper, ObjectStoreDriver, Retries } from '../object-store/index.ts';
import { Bucket, SERVICE } from './bucket.ts';

/** Creates a driver as if configured with the key of a service account. It sends nothing until it is called. */
export function sampleDriver(): ObjectStoreDriver {
  const authorize = async () => ({});
  const transport = new HttpTransport({ service: SERVICE, maxCalls: 1, userAgent: 'none', authorize });
  const store = new Bucket({
    endpoint: 'http://localhost',
    name: 'images',
    transport,
    retries: new Retries(),
    partBytes: 256 * 1024,
    signUrl: async () => new URL('http://localhost'),
  });
  return new ObjectStoreDriver({ name: 'gcs', store, keys: new KeyMapper('') });
}
