import { HttpTransport, KeyMapper, ObjectStoreDriver, Retries } from '../object-store/index.ts';
import { BlobService, SERVICE } from './blob-service.ts';
import { Container } from './container.ts';

/** Creates a driver as if configured with the key of an account. It sends nothing until it is called. */
export function sampleDriver(): ObjectStoreDriver {
  const authorize = async () => ({});
  const transport = new HttpTransport({ service: SERVICE, maxCalls: 1, userAgent: 'none', authorize });
  const store = new Container({
    service: new BlobService({ endpoint: 'http://localhost', container: 'images', transport, retries: new Retries() }),
    authorize,
    polling: { maxPolls: 1, delayMs: 1 },
    signUrl: async () => new URL('http://localhost'),
  });
  return new ObjectStoreDriver({ name: 'azure', store, keys: new KeyMapper('') });
}
