import test from 'ava';
import { DRIVER_CONTRACT } from '../../../../core/driver/index.ts';
import azure from '../../../../drivers/azure/index.ts';
import { millisecondsOf } from '../../../../drivers/azure/options.ts';
import { parseOptions } from '../../../helpers/drivers/driver-options.ts';

const KEY = 'a2V5';
const GOOD = { accountname: 'images', accountkey: KEY, container: 'layers' };

test('the definition names the driver and the contract', (t) => {
  t.is(azure.name, 'azure');
  t.is(azure.contract, DRIVER_CONTRACT);
});

test('options have the defaults of distribution', async (t) => {
  t.deepEqual((await parseOptions(azure, GOOD)).value, {
    ...GOOD,
    rootdirectory: '',
    realm: 'core.windows.net',
    skipverify: false,
  });
});

test('options of distribution are accepted, of any of its versions', async (t) => {
  const credentials = { type: 'client_secret', clientid: 'c', tenantid: 't', secret: 's' };
  const options = {
    ...GOOD,
    credentials,
    realm: 'core.usgovcloudapi.net',
    serviceurl: 'http://127.0.0.1:10000/images/',
    rootdirectory: '/a/b',
    max_retries: '7',
    retry_delay: '1.5s',
    skipverify: 'true',
    connectionstring: 'not used',
  };
  t.deepEqual((await parseOptions(azure, options)).value, {
    ...options,
    serviceurl: 'http://127.0.0.1:10000/images',
    max_retries: 7,
    skipverify: true,
  });
  const early = { ...GOOD, copy_status_poll_max_retry: -1, copy_status_poll_delay: '250ms' };
  t.like((await parseOptions(azure, early)).value, early);
});

test('an option without a value has its default, and a key may end with a line break', async (t) => {
  const others = ['credentials', 'rootdirectory', 'realm', 'serviceurl', 'skipverify', 'max_retries', 'retry_delay'];
  const { value: plain } = await parseOptions(azure, GOOD);
  for (const nothing of ['', null]) {
    const empty = Object.fromEntries([...others, 'connectionstring'].map((name) => [name, nothing]));
    const { value, issues } = await parseOptions(azure, { ...GOOD, ...empty, accountkey: `${KEY}\n` });
    t.deepEqual(issues, []);
    t.like(value, { ...plain });
    t.is(value?.serviceurl, undefined);
    t.is(value?.max_retries, undefined);
    const tokens = { type: 'default_credentials', clientid: nothing, tenantid: nothing, secret: nothing };
    t.deepEqual((await parseOptions(azure, { ...GOOD, accountkey: nothing, credentials: tokens })).issues, []);
    const application = { ...tokens, type: 'client_secret' };
    t.is((await parseOptions(azure, { ...GOOD, credentials: application })).issues.length, 3);
    t.is((await parseOptions(azure, { ...GOOD, accountkey: nothing })).issues.length, 1);
  }
  t.is((await parseOptions(azure, { ...GOOD, retry_delay: 0 })).value?.retry_delay, '0');
});

test('every wrong option is named at once, with what it must be', async (t) => {
  for (const [options, ...problems] of [
    [
      undefined,
      /^accountname: must name a storage account/,
      /^container: must name a container/,
      /^accountkey: must be a key/,
    ],
    [{ ...GOOD, accountname: 'My_Account' }, /^accountname: .*lower-case letters and digits/],
    [{ ...GOOD, accountkey: 'not base64!' }, /^accountkey: must be one of the two keys of the account, in base64/],
    [
      { ...GOOD, credentials: { type: 'default' } },
      /^credentials\.type: must be shared_key, client_secret or default_c/,
    ],
    [
      { ...GOOD, accountkey: undefined, credentials: { type: 'client_secret', tenantid: 't' }, container: '' },
      /^container: must name/,
      /^credentials\.clientid: is required/,
      /^credentials\.secret: is required/,
    ],
    [
      { ...GOOD, max_retries: 1, copy_status_poll_max_retry: 2 },
      /^copy_status_poll_max_retry: is another name of max_ret/,
    ],
    [{ ...GOOD, max_retries: -2 }, /^max_retries: must be -1 or more/],
    [{ ...GOOD, retry_delay: '100' }, /^retry_delay: must be a time such as 100ms/],
    [{ ...GOOD, serviceurl: 'ftp://host' }, /^serviceurl: must be a URL with http or https/],
    [{ ...GOOD, skipverify: 'maybe' }, /^skipverify: must be true or false/],
    [{ ...GOOD, rootdir: 'x' }, /rootdir/],
    ['a text', /expected object/i],
  ] as const) {
    const { issues } = await parseOptions(azure, options);
    t.is(issues.length, problems.length, issues.join('; '));
    for (const problem of problems)
      t.true(
        issues.some((issue) => problem.test(issue)),
        `${problem}: ${issues.join('; ')}`,
      );
  }
});

test('times are read as Go writes them', (t) => {
  t.is(millisecondsOf('100ms'), 100);
  t.is(millisecondsOf('1m1.5s'), 61_500);
  t.is(millisecondsOf('0'), 0);
  t.is(millisecondsOf('.5s'), 500);
  t.is(millisecondsOf('+1.s'), 1000);
  t.is(millisecondsOf('2000\u03bcs'), 2);
  t.is(millisecondsOf('2000\u00b5s'), 2);
  for (const text of ['', '.', '.s', '+', '5', 's', '-1s', '1.2.3s', '1s 2s'])
    t.is(millisecondsOf(text), undefined, text);
});
