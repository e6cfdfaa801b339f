import { testBroken } from './broken-access.ts';

const htpasswd = (more: string) => `auth:\n  htpasswd:\n    realm: Registry\n    ${more}`;
const token = (more: string) =>
  `auth:\n  token:\n    realm: https://a.example/token\n    issuer: a\n    service: b\n    ${more}`;

testBroken({
  'auth without a value': ['auth:', '5: auth', /names no kind of access control; name one, or write auth: none/],
  'auth that is null': ['auth: null', '5: auth', /name one, or write auth: none/],
  'auth that is an empty section': ['auth: {}', '5: auth', /name one, or write auth: none/],
  'auth that is a list': ['auth: [htpasswd]', '5: auth', /expected a section with keys, found a list/],
  'auth that is true': [
    'auth: true',
    '5: auth.true',
    /is not installed\n.*\n(?:.*\n)*  built in: none, silly, htpasswd, token/,
  ],
  'a misspelt word': ['auth: htpaswd', '5: auth.htpaswd', /unknown key, did you mean "htpasswd"\?/],
  'a misspelt kind': ['auth:\n  tokens: {}', '6: auth.tokens', /unknown key, did you mean "token"\?/],
  'two kinds': [
    'auth:\n  silly: {}\n  htpasswd: {}',
    '7: auth.htpasswd',
    /2 kinds of access control: .*; there must be exactly one/,
  ],
  'none and a kind': ['auth:\n  none:\n  htpasswd: {}', '7: auth.htpasswd', /there must be exactly one/],
  'a kind that nobody has': [
    'auth:\n  ldap: {}',
    '6: auth.ldap',
    /is not installed\n(?:.*\n)*  to use a package: install it/,
  ],
  'a plugin that is not there': ['auth:\n  ./readers.mjs: {}', '6: auth["./readers.mjs"]', /there is no file/],
  'a plugin that throws': [
    'auth:\n  ./throws.mjs: {}',
    '6: auth["./throws.mjs"]',
    /failed\n  on purpose\n  at: .*throws\.mjs/,
  ],
  'a plugin that exports nothing': [
    'auth:\n  ./nothing.mjs: {}',
    '6: auth["./nothing.mjs"]',
    /remedy: export default definePlugin/,
  ],
  'a plugin of another kind': [
    'auth:\n  ./wrapper.mjs: {}',
    '6: auth["./wrapper.mjs"]',
    /this key takes a plugin of the kind "access-controller"/,
  ],
  'htpasswd without options': ['auth: htpasswd', '5: auth.htpasswd.realm', /is missing; it must be a string/],
  'htpasswd that is a list': [
    'auth:\n  htpasswd: [realm]',
    '6: auth.htpasswd',
    /expected a section with keys, found a list/,
  ],
  'a realm without a value': [
    'auth:\n  htpasswd:\n    realm:\n    path: p',
    '7: auth.htpasswd.realm',
    /has no value; it must be a string/,
  ],
  'an empty realm': ['auth:\n  htpasswd:\n    realm: ""\n    path: p', '7: auth.htpasswd.realm', /must not be empty/],
  'a realm with a line break': [
    'auth:\n  htpasswd:\n    realm: "a\\nb"\n    path: p',
    '7: auth.htpasswd.realm',
    /must not contain control characters/,
  ],
  'a realm that is a number': [
    'auth:\n  htpasswd:\n    realm: 5\n    path: p',
    '7: auth.htpasswd.realm',
    /must be a string; put it in quotes/,
  ],
  'no path': [htpasswd(''), '6: auth.htpasswd.path', /is missing; it must be the path of a password file/],
  'an empty path': [htpasswd('path: ""'), '8: auth.htpasswd.path', /must not be empty/],
  'a path that is a list': [htpasswd('path: [a, b]'), '8: auth.htpasswd.path', /must be the path of a password file/],
  'an unknown option of htpasswd': [
    htpasswd('file: p'),
    '8: auth.htpasswd.file',
    /unknown key; known here: realm, path/,
  ],
  'a password file that is missing': [
    htpasswd('path: missing'),
    '8: auth.htpasswd.path',
    /there is no password file .*; create it: htpasswd -B/,
  ],
  'a password file in a folder that is a file': [
    htpasswd('path: empty/users'),
    '8: auth.htpasswd.path',
    /cannot be used: .*it must be a file that htpasswd -B writes/,
  ],
  'a password file that is empty': [
    htpasswd('path: empty'),
    '8: auth.htpasswd.path',
    /it contains no users, so nobody could log in; add a user: htpasswd -B/,
  ],
  'a password file with MD5 only': [
    htpasswd('path: md5.htpasswd'),
    '8: auth.htpasswd.path',
    /line 1.*bcrypt.*htpasswd -B/,
  ],
  'a password file of another kind': [
    htpasswd('path: words.htpasswd'),
    '8: auth.htpasswd.path',
    /line 1: it is not user:hash, as htpasswd -B writes it/,
  ],
  'silly without options': ['auth: silly', '5: auth.silly.service', /is missing; it must be a string/],
  'silly with a control character': [
    'auth:\n  silly: {realm: r, service: "a\\u0007"}',
    '6: auth.silly.service',
    /must not contain control characters/,
  ],
  'token without options': ['auth: token', '5: auth.token.issuer', /is missing/],
  'token without a realm': [
    'auth:\n  token: {issuer: a, service: b, jwks: no-keys.json}',
    '6: auth.token.realm',
    /must be the URL of the token server/,
  ],
  'a token realm with a line break': [
    'auth:\n  token: {realm: "https://a\\r\\nb", issuer: a, service: b, jwks: c}',
    '6: auth.token.realm',
    /must not contain control characters/,
  ],
  'a token realm that is no URL': [
    'auth:\n  token: {realm: auth.example.com, issuer: a, service: b, jwks: c}',
    '6: auth.token.realm',
    /must be the URL of the token server, such as https:/,
  ],
  'a token realm of another protocol': [
    'auth:\n  token: {realm: "ftp://a", issuer: a, service: b, jwks: c}',
    '6: auth.token.realm',
    /must be the URL of the token server/,
  ],
  'an empty list of issuers': [
    'auth:\n  token: {realm: "https://a", issuer: [], service: b, jwks: c}',
    '6: auth.token.issuer',
    /must name an issuer/,
  ],
  'an issuer that is a number': [
    'auth:\n  token: {realm: "https://a", issuer: 5, service: b, jwks: c}',
    '6: auth.token.issuer',
    /must be a string/,
  ],
  'token without a service': [
    'auth:\n  token: {realm: "https://a", issuer: b, jwks: c}',
    '6: auth.token.service',
    /is missing; it must be a string/,
  ],
  'token without keys': [token(''), '6: auth.token', /name rootcertbundle, jwks or jwksurl/],
  'a bundle that is missing': [
    token('rootcertbundle: missing.pem'),
    '10: auth.token.rootcertbundle',
    /there is no file .*; put the public keys of the token server there/,
  ],
  'a bundle that is empty': [token('rootcertbundle: empty'), '10: auth.token.rootcertbundle', /holds no certificate/],
  'a key as bundle': [token('rootcertbundle: key.pem'), '10: auth.token.rootcertbundle', /holds no certificate/],
  'a bundle that is damaged': [
    token('rootcertbundle: damaged.pem'),
    '10: auth.token.rootcertbundle',
    /certificate 1 of 1 is damaged; copy it again/,
  ],
  'a bundle that is a folder': [
    token('rootcertbundle: folder'),
    '10: auth.token.rootcertbundle',
    /is not a regular file/,
  ],
  'a key set that is missing': [
    token('jwks: missing.json'),
    '10: auth.token.jwks',
    /there is no file .*; put the public keys of the token server there/,
  ],
  'a key set that is no JSON': [
    token('jwks: words.json'),
    '10: auth.token.jwks',
    /it is not JSON; it must be a JSON Web Key Set/,
  ],
  'a key set that is a list': [token('jwks: list.json'), '10: auth.token.jwks', /it must be a JSON Web Key Set/],
  'a key set without keys': [
    token('jwks: no-keys.json'),
    '10: auth.token.jwks',
    /it holds no key that can check a signature/,
  ],
  'a private key in a key set': [
    token('jwks: private.json'),
    '10: auth.token.jwks',
    /only its public half belongs here/,
  ],
  'a key of an unknown kind': [
    token('jwks: unknown.json'),
    '10: auth.token.jwks',
    /key 1 of 1 is not a public key of a known kind/,
  ],
  'a short shared secret': [token('jwks: short.json'), '10: auth.token.jwks', /at least 32 are needed/],
  'a key URL without TLS': [
    token('jwksurl: "http://keys.example/jwks"'),
    '10: auth.token.jwksurl',
    /must be an https URL without credentials/,
  ],
  'a key URL with a password': [
    token('jwksurl: "https://a:b@keys.example/jwks"'),
    '10: auth.token.jwksurl',
    /must be an https URL without credentials/,
  ],
  'a key URL that is no URL': [token('jwksurl: keys'), '10: auth.token.jwksurl', /must be an https URL/],
  'the algorithm none': [
    token('signingalgorithms: [none]'),
    '10: auth.token.signingalgorithms[0]',
    /must be one of EdDSA, ES256/,
  ],
  'an unknown algorithm': [
    token('signingalgorithms: [ES257]'),
    '10: auth.token.signingalgorithms[0]',
    /must be one of EdDSA, ES256/,
  ],
  'no algorithm': [token('signingalgorithms: []'), '10: auth.token.signingalgorithms', /must name an algorithm/],
  'an algorithm as text': [token('signingalgorithms: ES256'), '10: auth.token.signingalgorithms', /must be a list/],
  'autoredirect as text': [token('autoredirect: "yes"'), '10: auth.token.autoredirect', /must be true or false/],
  'a URL as autoredirectpath': [
    token('autoredirectpath: https://a/b'),
    '10: auth.token.autoredirectpath',
    /must be a path such as \/auth\/token/,
  ],
  'a negative leeway': [token('leeway: -1s'), '10: auth.token.leeway', /must be a duration of 0s to 5m/],
  'a leeway of an hour': [token('leeway: 1h'), '10: auth.token.leeway', /must be a duration of 0s to 5m/],
  'a leeway without a unit': [token('leeway: 60'), '10: auth.token.leeway', /must be a duration such as 60s/],
  'a misspelt option of token': [
    token('signingalgorithm: [ES256]'),
    '10: auth.token.signingalgorithm',
    /unknown key, did you mean "signingalgorithms"\?/,
  ],
});
