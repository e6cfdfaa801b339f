import { testBroken } from './broken-access.ts';

/** An issuer with all that is required, and these lines. */
const issuer = (...more: readonly string[]) =>
  `auth:\n  oidc:\n    issuers:\n      - issuer: https://id.example.com\n        audience: registry${more.map((line) => `\n        ${line}`).join('')}`;

testBroken({
  'oidc without options': ['auth: oidc', '5: auth.oidc.issuers', /is missing/],
  'oidc without issuers': ['auth:\n  oidc:\n    issuers: []', '7: auth.oidc.issuers', /must name an issuer/],
  'an issuer that is a text': [
    'auth:\n  oidc:\n    issuers: [https://id.example.com]',
    '7: auth.oidc.issuers[0]',
    /expected a section with keys, found a text/,
  ],
  'an issuer without TLS': [
    'auth:\n  oidc:\n    issuers: [{issuer: "http://id.example.com", audience: a}]',
    '7: auth.oidc.issuers[0].issuer',
    /https/,
  ],
  'an issuer without an audience': [
    'auth:\n  oidc:\n    issuers: [{issuer: https://id.example.com}]',
    '7: auth.oidc.issuers[0].audience',
    /is missing/,
  ],
  'an empty list of audiences': [
    'auth:\n  oidc:\n    issuers: [{issuer: https://id.example.com, audience: []}]',
    '7: auth.oidc.issuers[0].audience',
    /is empty; it must be the name of this registry/,
  ],
  'a public provider without required claims': [
    'auth:\n  oidc:\n    issuers: [{issuer: https://token.actions.githubusercontent.com, audience: a}]',
    '7: auth.oidc.issuers[0].required_claims',
    /is missing; anybody can get a token of this issuer, so say whose tokens count/,
  ],
  'the same issuer twice': [
    'auth:\n  oidc:\n    issuers: [{issuer: https://a.example, audience: a}, {issuer: https://a.example, audience: b}]',
    '7: auth.oidc.issuers[1].issuer',
    /is the same as that of issuers\[0\]/,
  ],
  'required claims that are a list': [
    issuer('required_claims: [a]'),
    '10: auth.oidc.issuers[0].required_claims',
    /must be a map of claims to patterns, such as/,
  ],
  'a required claim without a pattern': [
    issuer('required_claims: {ref: }'),
    '10: auth.oidc.issuers[0].required_claims',
    /has nothing for "ref"; write a pattern, true, false, a whole number/,
  ],
  'a user that no claim names': [
    issuer('username: ci'),
    '10: auth.oidc.issuers[0].username',
    /it names no claim; write \$\{ci\} in it, or \{claim: ci\}/,
  ],
  'a template that does not end': [
    issuer('username: "ci/${repository"'),
    '10: auth.oidc.issuers[0].username',
    /it names no claim; write/,
  ],
  'groups that are a text': [
    issuer('groups: ci'),
    '10: auth.oidc.issuers[0].groups',
    /must be a list of groups, or \{claim: groups/,
  ],
  'the algorithm none of a provider': [
    issuer('signingalgorithms: [none]'),
    '10: auth.oidc.issuers[0].signingalgorithms[0]',
    /must be one of EdDSA, ES256/,
  ],
  'a shared secret of a provider': [
    issuer('signingalgorithms: [HS256]'),
    '10: auth.oidc.issuers[0].signingalgorithms[0]',
    /must be one of EdDSA, ES256/,
  ],
  'keys of a provider without TLS': [
    issuer('jwksurl: "http://id.example.com/keys"'),
    '10: auth.oidc.issuers[0].jwksurl',
    /https/,
  ],
  'an authority that is missing': [
    issuer('certificateauthority: missing.pem'),
    '10: auth.oidc.issuers[0].certificateauthority',
    /the file of authorities .* cannot be used/,
  ],
  'a key as authority': [
    issuer('certificateauthority: key.pem'),
    '10: auth.oidc.issuers[0].certificateauthority',
    /holds no certificate/,
  ],
  'a leeway of an hour for a provider': [
    issuer('leeway: 1h'),
    '10: auth.oidc.issuers[0].leeway',
    /must be a duration of 0s to 5m/,
  ],
  'a misspelt option of an issuer': [
    issuer('requiredclaims: {}'),
    '10: auth.oidc.issuers[0].requiredclaims',
    /unknown key, did you mean "required_claims"\?/,
  ],
  'an unknown option of oidc': [`${issuer()}\n    audience: a`, '10: auth.oidc.audience', /known here: realm, issuers/],
});
