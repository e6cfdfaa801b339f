import test from 'ava';
import { load, MINIMAL, problemsOf } from './loading.ts';

const HTPASSWD = '  htpasswd: {realm: r, path: p}\n';
const ISSUER = '{issuer: "https://login.example.com", audience: registry.example.com}';

/** A section `oidc` whose only issuer has this further option. */
function oidc(option = ''): string {
  return `  oidc:\n    issuers:\n      - ${ISSUER.replace('}', `${option}}`)}\n`;
}

test('htpasswd and oidc stand together in any order, and a token is recognised before it is taken for a password', async (t) => {
  for (const text of [`${HTPASSWD}${oidc()}`, `${oidc()}${HTPASSWD}`]) {
    const { configuration } = await load(`${MINIMAL}auth:\n${text}`);
    t.deepEqual(
      configuration.auth.map(({ name }) => name),
      ['oidc', 'htpasswd'],
    );
  }
});

test('with oidc the token server inside is on, unless the file turns it off', async (t) => {
  const tokenServer = async (text: string): Promise<boolean | undefined> =>
    (await load(`${MINIMAL}auth:\n${text}`)).configuration.tokenServer.isEnabled;
  t.is(await tokenServer(oidc()), true);
  t.is(await tokenServer(`${HTPASSWD}${oidc()}`), true);
  t.is(await tokenServer(HTPASSWD), undefined);
  t.is(await tokenServer(`${oidc()}  token: {embedded: false}\n`), false);
  t.is(await tokenServer(`${oidc()}${HTPASSWD}  token: {embedded: {expiry: 2m}}\n`), true);
});

const REFUSED: Readonly<Record<string, readonly [text: string, problem: string]>> = {
  'oidc and silly': [
    `${oidc()}  silly: {realm: r, service: s}\n`,
    'config.yml:7: auth.silly: 2 kinds of access control: oidc (config.yml:4) and silly (config.yml:7); there must be exactly one',
  ],
  'oidc and the tokens of another server': [
    `${oidc()}  token: {realm: r}\n`,
    'config.yml:7: auth.token: 2 kinds of access control: oidc (config.yml:4) and token (config.yml:7); there must be exactly one',
  ],
  'three kinds': [
    `${HTPASSWD}${oidc()}  none: {}\n`,
    'config.yml:8: auth.none: 3 kinds of access control: htpasswd (config.yml:4) and oidc (config.yml:5) and none (config.yml:8); there must be exactly one',
  ],
  'a claim of an issuer that could name a user of the password file': [
    `${HTPASSWD}${oidc(', username: {claim: preferred_username}')}`,
    'config.yml:7: auth.oidc.issuers[0].username: can name the users of the password file; put a text before it, such as "oidc/${sub}", or set sharednames: true',
  ],
  'a template of an issuer that could name a user of the password file': [
    `${HTPASSWD}${oidc(', username: "${name}/x"')}`,
    'config.yml:7: auth.oidc.issuers[0].username: can name the users of the password file; put a text before it, such as "oidc/${sub}", or set sharednames: true',
  ],
};

for (const [what, [text, problem]] of Object.entries(REFUSED)) {
  test(`${what} together are refused`, async (t) => {
    t.deepEqual(await problemsOf(`${MINIMAL}auth:\n${text}`), [problem]);
  });
}

test('an issuer may name the users of the password file where the operator says so, or with a text before the names', async (t) => {
  for (const option of [', username: {claim: email}, sharednames: true', ', username: "ci/${sub}"', '']) {
    t.deepEqual(await problemsOf(`${MINIMAL}auth:\n${HTPASSWD}${oidc(option)}`), []);
  }
  t.deepEqual(await problemsOf(`${MINIMAL}auth:\n${oidc(', username: {claim: email}')}`), []);
});
