import { testBroken } from './broken-access.ts';

const embedded = (more: string) => `auth:\n  htpasswd: {realm: r, path: users}\n  token:\n    embedded: ${more}`;

testBroken({
  'a token server alone': [
    'auth:\n  token: {embedded: true}',
    '6: auth.token.embedded',
    /has no users; it needs auth\.htpasswd/,
  ],
  'a token server beside silly': [
    'auth:\n  silly: {realm: r, service: s}\n  token: {embedded: true}',
    '7: auth.token.embedded',
    /has no effect with silly; it needs auth\.htpasswd/,
  ],
  'a token server and options of another one': [
    'auth:\n  htpasswd: {realm: r, path: users}\n  token: {embedded: true, realm: "https://a"}',
    '7: auth.token.realm',
    /is for the tokens of another server, .*; remove one of them/,
  ],
  'a token server that is a word': [
    embedded('maybe'),
    '8: auth.token.embedded.enabled',
    /expected true or false, found "maybe"/,
  ],
  'a token server without a value': [
    embedded(''),
    '8: auth.token.embedded',
    /has no value; write true, false, or its options/,
  ],
  'a misspelt option of the token server': [embedded('{keys: a}'), '8: auth.token.embedded.keys', /did you mean "key"/],
  'an empty list of keys': [embedded('{key: []}'), '8: auth.token.embedded.key', /is empty; name a file, or remove it/],
  'a key that is missing': [
    embedded('{key: missing.pem}'),
    '8: auth.token.embedded.key[0]',
    /it does not exist; create one: openssl genpkey/,
  ],
  'a key that is empty': [
    embedded('{key: empty}'),
    '8: auth.token.embedded.key[0]',
    /contains no private key .*; create one: openssl genpkey/,
  ],
  'a key that is damaged': [
    embedded('{key: key.pem}'),
    '8: auth.token.embedded.key[0]',
    /its private key is damaged; create one: openssl genpkey/,
  ],
  'a certificate as key': [
    embedded('{key: damaged.pem}'),
    '8: auth.token.embedded.key[0]',
    /contains no private key of the curve P-256/,
  ],
  'a folder as key': [
    embedded('{key: folder}'),
    '8: auth.token.embedded.key[0]',
    /is not a regular file; create one: openssl genpkey/,
  ],
  'tokens that are never valid': [
    embedded('{expiry: 0s}'),
    '8: auth.token.embedded.expiry',
    /must be between 1m and 1h/,
  ],
  'tokens that are valid for a year': [
    embedded('{expiry: 8760h}'),
    '8: auth.token.embedded.expiry',
    /must be between 1m and 1h/,
  ],
  'an expiry without a unit': [embedded('{expiry: 5}'), '8: auth.token.embedded.expiry', /must be between 1m and 1h/],
  'the old place of the switch': [
    'authorization:\n  tokens: false\n  rules: [{repositories: ["**"], anonymous: true, allow: [pull]}]',
    '6: authorization.tokens',
    /unknown key; known here: rules, groups, immutabletags/,
  ],
});
