import test from 'ava';
import { load, MINIMAL, problemsOf } from './loading.ts';

const HTPASSWD = '  htpasswd: {realm: here, path: /users}\n';
const DEFAULTS = { keyFiles: [], expiryMs: 300_000 };

for (const [what, text, expected] of [
  ['nothing', HTPASSWD, DEFAULTS],
  ['true', `${HTPASSWD}  token: {embedded: true}\n`, { ...DEFAULTS, isEnabled: true }],
  ['false', `${HTPASSWD}  token: {embedded: false}\n`, { ...DEFAULTS, isEnabled: false }],
  ['a key', `${HTPASSWD}  token: {embedded: {key: a.pem}}\n`, { ...DEFAULTS, isEnabled: true, keyFiles: ['a.pem'] }],
  [
    'several keys and an expiry',
    `${HTPASSWD}  token: {embedded: {key: [a.pem, b.pem], expiry: 1h}}\n`,
    { isEnabled: true, keyFiles: ['a.pem', 'b.pem'], expiryMs: 3_600_000 },
  ],
] as const) {
  test(`the token server is understood with ${what}`, async (t) => {
    const { configuration } = await load(`${MINIMAL}auth:\n${text}`);
    t.deepEqual(configuration.tokenServer, expected);
    t.is(configuration.auth[0]?.name, 'htpasswd');
  });
}

test('variables turn the token server on and off, and name its key', async (t) => {
  const text = `${MINIMAL}auth:\n${HTPASSWD}`;
  const off = await load(text, { REGISTRY_AUTH_TOKEN_EMBEDDED: 'false' });
  t.deepEqual(off.configuration.tokenServer, { ...DEFAULTS, isEnabled: false });
  const key = await load(text, { REGISTRY_AUTH_TOKEN_EMBEDDED_KEY: '/run/secrets/key.pem' });
  t.deepEqual(key.configuration.tokenServer.keyFiles, ['/run/secrets/key.pem']);
});

test('the tokens of another server are still configured in the same place', async (t) => {
  const token = '{realm: https://auth.example.com/token, service: registry, issuer: me, rootcertbundle: /ca.pem}';
  const { configuration } = await load(`${MINIMAL}auth:\n  token: ${token}\n`);
  t.is(configuration.auth[0]?.name, 'token');
  t.deepEqual(configuration.tokenServer, DEFAULTS);
});

/** What stands below `auth:`, and the problems with it. */
const REFUSED: Readonly<Record<string, readonly [text: string, problem: string | RegExp]>> = {
  'no users': [
    '  token: {embedded: true}\n',
    'config.yml:4: auth.token.embedded: has no users; it needs auth.htpasswd or auth.oidc next to it',
  ],
  'users of a controller without credentials': [
    '  silly: {realm: a, service: b}\n  token: {embedded: true}\n',
    'config.yml:5: auth.token.embedded: has no effect with silly; it needs auth.htpasswd or auth.oidc next to it',
  ],
  'the options of another server': [
    `${HTPASSWD}  token: {embedded: true, issuer: me}\n`,
    'config.yml:5: auth.token.issuer: is for the tokens of another server, and cannot stand next to embedded; remove one of them',
  ],
  'both kinds of tokens': [
    `${HTPASSWD}  token: {realm: "https://a/token", service: b, issuer: c, rootcertbundle: /ca.pem}\n`,
    /^config\.yml:5: auth\.token: 2 kinds of access control: .*; there must be exactly one$/,
  ],
  'no value': [`${HTPASSWD}  token:\n    embedded:\n`, /^config\.yml:6: auth\.token\.embedded: has no value/],
  'no options': [`${HTPASSWD}  token: {embedded: {}}\n`, /auth\.token\.embedded: has no value; write true, false/],
  'another word': [`${HTPASSWD}  token: {embedded: maybe}\n`, /expected true or false, found "maybe"$/],
  'a misspelt option': [
    `${HTPASSWD}  token: {embedded: {keys: a.pem}}\n`,
    /^config\.yml:5: auth\.token\.embedded\.keys: unknown key, did you mean "key"\?$/,
  ],
  'an empty list of keys': [`${HTPASSWD}  token: {embedded: {key: []}}\n`, /key: is empty; name a file, or remove it$/],
  'an expiry of a second': [`${HTPASSWD}  token: {embedded: {expiry: 1s}}\n`, /expiry: must be between 1m and 1h/],
  'an expiry of a day': [`${HTPASSWD}  token: {embedded: {expiry: 24h}}\n`, /expiry: must be between 1m and 1h/],
  'a short secret': [
    `${HTPASSWD}  token: {embedded: true}\nhttp: {secret: hunter2}\n`,
    'config.yml:6: http.secret: is too short to derive the keys of tokens from it; use openssl rand -hex 32',
  ],
};
for (const [what, [text, problem]] of Object.entries(REFUSED)) {
  test(`a token server with ${what} is refused`, async (t) => {
    const problems = await problemsOf(`${MINIMAL}auth:\n${text}`);
    t.is(problems.length, 1, problems.join('\n'));
    if (typeof problem === 'string') t.is(problems[0], problem);
    else t.regex(problems[0] ?? '', problem);
  });
}
