import test from 'ava';
import { parse } from 'yaml';
import { describeConfiguration } from '../../../../server/config/index.ts';
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

test('future keys appear only when they are set', async (t) => {
  const none = parse(describeConfiguration(await load(MINIMAL))) as object;
  t.false('notifications' in none || 'proxy' in none);
  const some = parse(describeConfiguration(await load(`${MINIMAL}redis: {poolsize: 7}\n`))) as object;
  t.like(some, { redis: { poolsize: 7 } });
});

test('no secret is shown, wherever it is', async (t) => {
  const described = describeConfiguration(
    await load(
      `version: 0.1
storage:
  s3: {accesskey: AKIA, secretkey: HIDDEN1, region: eu}
http: {secret: HIDDEN2, secrets: [HIDDEN3, HIDDEN4]}
auth: {token: {realm: "https://me:HIDDEN5@auth.example.com/"}}
health: {http: [{uri: "https://me:HIDDEN6@hub.example.com/", headers: {X-Whatever: [HIDDEN7]}}]}
redis: {username: me, password: HIDDEN8, sentinelpassword: HIDDEN9}
notifications: {endpoints: [{name: a, disabled: true, headers: {Authorization: [Bearer HIDDEN10]}}]}
middleware: {storage: [{name: cloudfront, options: {privatekey: HIDDEN11}}]}
log: {hooks: [{type: mail, options: {smtp: {password: HIDDEN12}}}], fields: {api_key: HIDDEN13}}
`,
      { REGISTRY_STORAGE_S3_CREDENTIALS: '{private_key: HIDDEN14, client-secret: {a: [HIDDEN15]}}' },
    ),
  );
  t.notRegex(described, /HIDDEN/);
  // All fifteen, and the two options of the driver that are not public.
  t.is(described.match(/\*{8}/g)?.length, 17);
  t.notRegex(described, /AKIA/);
  t.regex(described, /username: me/);
});

test('every option of a plugin is masked, whatever its type, unless its schema says that it is public', async (t) => {
  const loaded = await load(`version: 0.1
storage: {x: {a: 1, b: true, c: text, d: {e: [f]}, g: , h: "https://user@host/"}}
auth: {y: {a: 1}}
middleware: {storage: [{name: z, options: {a: text}}]}
plugins: [{use: w, options: {a: [text]}}]
`);
  t.like(parse(describeConfiguration(loaded)), {
    storage: { x: { a: '********', b: '********', c: '********', d: { e: ['********'] }, g: null, h: '********' } },
    auth: { y: { a: '********' } },
    middleware: { storage: [{ name: 'z', options: { a: '********' } }] },
    plugins: [{ use: 'w', options: { a: ['********'] } }],
  });
  const isPublic = (path: readonly (string | number)[]): boolean => path.at(-1) !== 'c';
  t.like(parse(describeConfiguration(loaded, isPublic)), {
    storage: { x: { a: 1, b: true, c: '********', d: { e: ['f'] }, h: 'https://********@host/' } },
    plugins: [{ use: 'w', options: { a: ['text'] } }],
  });
});

test('headers of answers are shown, but those of outgoing requests are not', async (t) => {
  const described = describeConfiguration(
    await load(
      `${MINIMAL}http: {headers: {X-A: [shown], Authorization: [HIDDEN1]}}\nhealth: {http: [{uri: "http://a/", headers: {X-Token: [HIDDEN2]}}]}\n`,
    ),
  );
  t.notRegex(described, /HIDDEN/);
  t.regex(described, /shown/);
});
