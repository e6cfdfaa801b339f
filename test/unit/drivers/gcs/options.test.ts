import test from 'ava';
import { DRIVER_CONTRACT } from '../../../../core/driver/index.ts';
import gcs from '../../../../drivers/gcs/index.ts';
import { parseOptions } from '../../../helpers/drivers/driver-options.ts';

test('the definition names the driver and the contract', (t) => {
  t.is(gcs.name, 'gcs');
  t.is(gcs.contract, DRIVER_CONTRACT);
});

test('options have the defaults of distribution, and little concurrency is raised to 25', async (t) => {
  t.deepEqual((await parseOptions(gcs, { bucket: 'images' })).value, {
    bucket: 'images',
    rootdirectory: '',
    chunksize: 16 * 1024 * 1024,
    maxconcurrency: 50,
    useragent: 'stowage',
  });
  const calls = async (maxconcurrency: unknown) =>
    (await parseOptions(gcs, { bucket: 'images', maxconcurrency })).value?.maxconcurrency;
  t.is(await calls(3), 25);
  t.is(await calls('-1'), 25);
  t.is(await calls('70'), 70);
});

test('options of distribution are accepted: credentials as a map, numbers as text', async (t) => {
  const credentials = { type: 'service_account', client_email: 'a@b', private_key: 'x' };
  const { value } = await parseOptions(gcs, {
    bucket: 'images',
    credentials,
    chunksize: '524288',
    keyfile: '/key.json',
  });
  t.like(value, { credentials, chunksize: 524_288, keyfile: '/key.json' });
});

test('a wrong option is named, with what it must be', async (t) => {
  for (const [options, problem] of [
    [undefined, /^bucket: must name a bucket/],
    [{ bucket: '' }, /^bucket: must name a bucket/],
    [{ bucket: 'images', chunksize: 0 }, /^chunksize: must be a multiple of 262144/],
    [{ bucket: 'images', chunksize: 300_000 }, /^chunksize: must be a multiple of 262144/],
    [{ bucket: 'images', chunksize: 'big' }, /^chunksize: must be a whole number/],
    [{ bucket: 'images', maxconcurrency: 2.5 }, /^maxconcurrency: must be a whole number/],
    [{ bucket: 'images', endpoint: 'ftp://host' }, /^endpoint: must be a URL with http or https/],
    [{ bucket: 'images', credentials: 'secret' }, /^credentials: /],
    [{ bucket: 'images', rootdir: 'x' }, /rootdir/],
  ] as const) {
    const { issues } = await parseOptions(gcs, options);
    t.is(issues.length, 1, issues.join('; '));
    t.regex(issues[0] ?? '', problem);
  }
});
