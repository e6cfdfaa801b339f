import { KeyMapper, ObjectStoreDriver, Retries } from '../object-store/index.ts';
import { S3Options } from './options.ts';
import { S3Calls } from './s3-calls.ts';
import { openClient } from './s3-client.ts';
import { S3Store } from './s3-store.ts';
import { storeAt } from './stores.ts';
import { openTransports } from './transports.ts';

/** Creates a driver as if configured for Amazon S3. It sends nothing until it is called. */
export function sampleDriver(): ObjectStoreDriver {
  const options = S3Options.parse({ bucket: 'images', region: 'eu-central-1' });
  const traits = storeAt('aws', undefined);
  const client = openClient({ options, store: traits, transports: openTransports({ options, traits }) });
  const store = new S3Store({
    calls: new S3Calls({ client, service: traits.title, retries: new Retries() }),
    options,
    traits,
    conditionalPuts: true,
    idleMs: 1000,
    signUrl: async () => new URL('http://localhost'),
  });
  return new ObjectStoreDriver({ name: 's3', store, keys: new KeyMapper('') });
}
