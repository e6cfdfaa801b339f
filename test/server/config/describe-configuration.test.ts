import test from 'ava';
import { parse } from 'yaml';
import { describeConfiguration } from '../../../server/config/index.ts';
import { load, MINIMAL } from './loading.ts';

test('the description names every key in effect with its value or default', async (t) => {
  const described = describeConfiguration(await load(`${MINIMAL}loglevel: debug\n`, { REGISTRY_HTTP_ADDR: ':9' }));
  t.like(parse(described), {
    version: 0.1,
    log: { level: 'debug', formatter: 'text' },
    storage: { inmemory: {}, delete: { enabled: false } },
    http: { addr: ':9', draintimeout: '30s', maxmanifestsize: '4MiB' },
    catalog: { maxentries: 1000 },
  });
});

test('the description of a configuration is a configuration with the same meaning', async (t) => {
  const loaded = await load(`${MINIMAL}http: {addr: ":9", headers: {A: [b]}}\nlog: {fields: {a: [1, yes]}}\n`);
  const again = await load(describeConfiguration(loaded));
  t.deepEqual(again.configuration, loaded.configuration);
});

test('keys of later work appear only when they are set', async (t) => {
  const none = parse(describeConfiguration(await load(MINIMAL))) as object;
  t.false('notifications' in none || 'proxy' in none);
  const some = parse(describeConfiguration(await load(`${MINIMAL}proxy: {ttl: 2h}\n`))) as object;
  t.like(some, { proxy: { ttl: '2h' } });
});

test('no secret is shown, wherever it stands', async (t) => {
  const described = describeConfiguration(
    await load(
      `version: 0.1
storage:
  s3: {accesskey: AKIA, secretkey: HIDDEN1, region: eu}
http: {secret: HIDDEN2, secrets: [HIDDEN3, HIDDEN4]}
auth: {token: {realm: "https://me:HIDDEN5@auth.example.com/"}}
proxy: {remoteurl: "https://me:HIDDEN6@hub.example.com/", username: me, password: HIDDEN7}
redis: {password: HIDDEN8, sentinelpassword: HIDDEN9}
notifications: {endpoints: [{name: a, headers: {Authorization: [Bearer HIDDEN10]}}]}
middleware: {storage: [{name: cloudfront, options: {privatekey: HIDDEN11}}]}
log: {hooks: [{type: mail, options: {smtp: {password: HIDDEN12}}}], fields: {api_key: HIDDEN13}}
`,
      { REGISTRY_STORAGE_S3_CREDENTIALS: '{private_key: HIDDEN14, client-secret: {a: [HIDDEN15]}}' },
    ),
  );
  t.notRegex(described, /HIDDEN/);
  t.is(described.match(/\*{8}/g)?.length, 15);
  t.regex(described, /accesskey: AKIA/);
  t.regex(described, /username: me/);
});
