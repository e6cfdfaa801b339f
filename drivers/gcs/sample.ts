import { Bucket } from './bucket.ts';
import { GcsDriver } from './gcs-driver.ts';
import { HttpTransport } from './http-transport.ts';
import { KeyMapper } from './keys.ts';
import { Retries } from './retries.ts';

/** Creates a driver as if configured with the key of a service account. It sends nothing until it is called. */
export function sampleDriver(): GcsDriver {
  const transport = new HttpTransport({ maxCalls: 1, userAgent: 'none', authorize: async () => ({}) });
  return new GcsDriver({
    bucket: new Bucket({ endpoint: 'http://localhost', name: 'images', transport, retries: new Retries() }),
    keys: new KeyMapper(''),
    chunkBytes: 256 * 1024,
    signUrl: async () => new URL('http://localhost'),
  });
}
