import test from 'ava';
import { openDriver } from '../../../../drivers/gcs/open-driver.ts';
import { stubService } from './stub-service.ts';

const OPTIONS = {
  bucket: 'images',
  rootdirectory: '',
  chunksize: 262_144,
  maxconcurrency: 25,
  useragent: 'stowage-test',
};

test('opening ends with the reason of the signal while the service is silent', async (t) => {
  const start = new AbortController();
  const reason = new Error('the start is given up');
  const endpoint = await stubService(t, () => start.abort(reason));
  const opening = openDriver({ ...OPTIONS, endpoint }, { signal: start.signal, authorize: async () => ({}) });
  t.is(await t.throwsAsync(opening), reason);
});

test('opening ends with the reason of the signal while the credentials are being fetched', async (t) => {
  const start = new AbortController();
  const reason = new Error('the start is given up');
  const endpoint = await stubService(t, (_, response) => response.end('{}'));
  const authorize = () => {
    start.abort(reason);
    return new Promise<never>(() => undefined);
  };
  t.is(await t.throwsAsync(openDriver({ ...OPTIONS, endpoint }, { signal: start.signal, authorize })), reason);
});
