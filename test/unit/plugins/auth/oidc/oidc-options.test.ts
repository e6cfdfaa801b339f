import { join } from 'node:path';
import test from 'ava';
import { runInProcess } from '../../../../helpers/running/run-in-process.ts';
import { folderWith } from '../../loading/fixture-folder.ts';

const ISSUER = 'issuer: https://login.example.com';
const AUDIENCE = 'audience: registry.example.com';

/** What `check-config` says about this section `oidc`, without the name of the file. */
async function problemsOf(t: Parameters<typeof folderWith>[0], oidc: string): Promise<string[]> {
  const text = `version: 0.1\nstorage: inmemory\nauth:\n  oidc:\n${oidc.replaceAll(/^/gm, '    ')}\n`;
  const path = join(await folderWith(t, { 'config.yml': text }), 'config.yml');
  const { code, stderr } = await runInProcess(['check-config', path]);
  t.is(code, stderr === '' ? 0 : 2, stderr);
  return stderr
    .split('\n')
    .filter((line) => line.startsWith('  ') && line !== '  found: built in')
    .map((line) => line.trim().replace(path, 'config.yml'));
}

/** An issuer with these further lines. */
function issuer(...lines: readonly string[]): string {
  return ['issuers:', `  - ${ISSUER}`, `    ${AUDIENCE}`, ...lines.map((line) => `    ${line}`)].join('\n');
}

const REFUSED: Readonly<Record<string, readonly [oidc: string, ...problems: (string | RegExp)[]]>> = {
  'without issuers': ['realm: here', /^config\.yml:4: auth\.oidc\.issuers: is missing; it must be a list of issuers$/],
  'with an empty list of issuers': ['issuers: []', 'config.yml:5: auth.oidc.issuers: must name an issuer'],
  'with a text as issuers': [
    'issuers: https://login.example.com',
    'config.yml:5: auth.oidc.issuers: must be a list of issuers',
  ],
  'with a text as issuer': [
    'issuers: [https://login.example.com]',
    /^config\.yml:5: auth\.oidc\.issuers\[0\]: expected a section with keys, found a text/,
  ],
  'without the URL of an issuer': [
    `issuers:\n  - ${AUDIENCE}`,
    'config.yml:6: auth.oidc.issuers[0].issuer: is missing; it must be the URL of an issuer',
  ],
  'with a plain http issuer': [
    `issuers:\n  - issuer: http://login.example.com\n    ${AUDIENCE}`,
    'config.yml:6: auth.oidc.issuers[0].issuer: must be an https URL, exactly as tokens have it in "iss"; http only on this machine',
  ],
  'with an issuer that is no URL': [
    `issuers:\n  - issuer: login.example.com\n    ${AUDIENCE}`,
    /issuer: must be an https URL/,
  ],
  'with an issuer with a query': [
    `issuers:\n  - issuer: https://login.example.com/?a=b\n    ${AUDIENCE}`,
    /issuer: must have no query, no fragment and no credentials$/,
  ],
  'with credentials in the issuer': [
    `issuers:\n  - issuer: https://me:secret@login.example.com\n    ${AUDIENCE}`,
    /issuer: must have no query, no fragment and no credentials$/,
  ],
  'without an audience': [
    `issuers:\n  - ${ISSUER}`,
    'config.yml:6: auth.oidc.issuers[0].audience: is missing; it must be the name of this registry in the claim "aud", or a list of names',
  ],
  'with an empty audience': [
    `issuers:\n  - ${ISSUER}\n    audience: ""`,
    /^config\.yml:7: .*audience: must be .*, found ""$/,
  ],
  'with an empty list of audiences': [`issuers:\n  - ${ISSUER}\n    audience: []`, /audience: is empty; it must be/],
  'with a number among the audiences': [
    `issuers:\n  - ${ISSUER}\n    audience: [a, 7]`,
    /audience: must be .*, found 7$/,
  ],
  'without required claims of a public issuer': [
    `issuers:\n  - issuer: https://token.actions.githubusercontent.com\n    ${AUDIENCE}`,
    'config.yml:6: auth.oidc.issuers[0].required_claims: is missing; anybody can get a token of this issuer, so say whose tokens count, such as {repository_owner: example}',
  ],
  'with a list of required claims': [
    issuer('required_claims: [ref]'),
    /^config\.yml:8: .*required_claims: must be a map of claims to patterns, such as \{repository_owner: example\}, found \["ref"\]$/,
  ],
  'with empty required claims': [
    issuer('required_claims: {}'),
    /required_claims: is empty, so that it requires nothing/,
  ],
  'with required claims without a value': [
    issuer('required_claims:'),
    /required_claims: must be a map .*, found nothing$/,
  ],
  'with a required claim without a value': [
    issuer('required_claims: {ref: }'),
    /has nothing for "ref"; write a pattern/,
  ],
  'with a required claim without patterns': [issuer('required_claims: {ref: []}'), /has no pattern for "ref"$/],
  'with an empty pattern': [issuer('required_claims: {ref: ""}'), /"" cannot be used: it must not be empty$/],
  'with a map as pattern': [issuer('required_claims: {ref: {a: b}}'), /has \{"a":"b"\} for "ref"/],
  'with a number that is not exact': [issuer('required_claims: {id: 1.5}'), /has 1.5 for "id"; write a pattern/],
  'with three stars': [issuer('required_claims: {ref: "***"}'), /"\*\*\*" cannot be used: "\*\*\*" is not a wildcard/],
  'with a wrong path of a required claim': [
    issuer('required_claims: {"a..b": x}'),
    /"a\.\.b" cannot be used: one of its names/,
  ],
  'with a claim as template': [
    issuer('username: email'),
    'config.yml:8: auth.oidc.issuers[0].username: "email" cannot be used: it names no claim; write ${email} in it, or {claim: email}',
  ],
  'with a number as username': [
    issuer('username: 7'),
    /username: must be a template such as "ci\/\$\{repository\}", or .*, found 7$/,
  ],
  'with another key in username': [
    issuer('username: {claims: sub}'),
    /username: has the unknown key "claims"; it must be a template/,
  ],
  'with a username without a claim': [
    issuer('username: {}'),
    /username: must be a template .*, found nothing as claim$/,
  ],
  'with an empty path as username': [issuer('username: {claim: []}'), /username: \[\] cannot be used: is empty/],
  'with a text as groups': [
    issuer('groups: admins'),
    /groups: must be a list of groups, or \{claim: groups, prefix: "team:"\}, found "admins"$/,
  ],
  'with an empty list of groups': [issuer('groups: []'), /groups: is empty; it must be a list of groups/],
  'with a group with a line break': [
    issuer('groups: ["a\\nb"]'),
    /groups: "a\\nb" cannot be used: the group has characters/,
  ],
  'with a prefix alone': [issuer('groups: {prefix: a}'), /groups: must be a list .*, found nothing as claim$/],
  'with a prefix that is no text': [
    issuer('groups: {claim: g, prefix: 7}'),
    /groups: must have a text as prefix, found 7; put it in quotes$/,
  ],
  'with a text as optional': [
    issuer('groups: {claim: g, optional: "yes"}'),
    /groups: must have true or false as optional, found "yes"$/,
  ],
  'with plain http for keys': [
    issuer('jwksurl: http://login.example.com/keys'),
    /^config\.yml:8: .*jwksurl: must be an https URL without credentials/,
  ],
  'with an empty file of authorities': [issuer('certificateauthority: ""'), /certificateauthority: must not be empty$/],
  'with a symmetric algorithm': [
    issuer('signingalgorithms: [HS256]'),
    /^config\.yml:8: .*signingalgorithms\[0\]: must be one of EdDSA, ES256/,
  ],
  'with the algorithm none': [issuer('signingalgorithms: [none]'), /signingalgorithms\[0\]/],
  'without an algorithm': [issuer('signingalgorithms: []'), /signingalgorithms: must name an algorithm$/],
  'with a leeway of an hour': [
    issuer('leeway: 1h'),
    /^config\.yml:8: .*leeway: must be a duration of 0s to 5m, such as 60s$/,
  ],
  'with a text as personaltokens': [issuer('personaltokens: "yes"'), /personaltokens: must be true or false$/],
  'with a text as sharednames': [issuer('sharednames: "yes"'), /sharednames: must be true or false$/],
  'with an unknown key': [
    'relm: x\nissuers: []',
    /must name an issuer/,
    /^config\.yml:5: auth\.oidc\.relm: unknown key, did you mean "realm"\?/,
  ],
  'with an unknown key of an issuer': [
    issuer('requiredclaims: {a: b}'),
    /^config\.yml:8: auth\.oidc\.issuers\[0\]\.requiredclaims: unknown key/,
  ],
  'with an issuer twice': [
    `${issuer()}\n  - ${ISSUER}\n    ${AUDIENCE}`,
    'config.yml:8: auth.oidc.issuers[1].issuer: is the same as that of issuers[0]',
  ],
  'with two issuers that can name the same users': [
    `${issuer('username: {claim: email}')}\n  - issuer: https://other.example.com\n    ${AUDIENCE}\n    username: "\${sub}"`,
    'config.yml:11: auth.oidc.issuers[1].username: can name the same users as that of issuers[0]; put a text of its own before them, or set sharednames on both',
  ],
  'with two issuers that can name the same groups': [
    `${issuer('groups: {claim: g}')}\n  - issuer: https://other.example.com\n    ${AUDIENCE}\n    groups: {claim: roles}\n    sharednames: true`,
    /^config\.yml:11: auth\.oidc\.issuers\[1\]\.groups: can name the same groups as that of issuers\[0\]/,
  ],
  'with an empty realm': [`realm: ""\n${issuer()}`, 'config.yml:5: auth.oidc.realm: must not be empty'],
};

for (const [what, [oidc, ...expected]] of Object.entries(REFUSED)) {
  test(`a section oidc ${what} is refused, with its line and what to do`, async (t) => {
    const problems = await problemsOf(t, oidc);
    t.is(problems.length, expected.length, problems.join('\n'));
    for (const [index, problem] of expected.entries()) {
      if (typeof problem === 'string') t.is(problems[index], problem);
      else t.regex(problems[index] ?? '', problem);
    }
  });
}

const ACCEPTED: Readonly<Record<string, string>> = {
  'with an issuer and an audience': issuer(),
  'with every option': `realm: Example\n${issuer(
    'required_claims: {ref: ["refs/heads/*", main], ref_protected: true, project_id: 20}',
    'username: "ci/${a\\\\.b.c}"',
    'groups: {claim: [realm_access, roles], prefix: "kc:", optional: true}',
    'jwksurl: https://login.example.com/keys',
    'certificateauthority: ca.pem',
    'signingalgorithms: [ES256, EdDSA]',
    'leeway: 0s',
    'sharednames: false',
  )}`,
  'with two issuers whose users have prefixes': `${issuer('username: "a/${sub}"')}\n  - issuer: https://other.example.com\n    ${AUDIENCE}`,
  'with two issuers that share names on purpose': `${issuer('username: {claim: email}', 'sharednames: true')}\n  - issuer: https://other.example.com\n    ${AUDIENCE}\n    username: {claim: email}\n    sharednames: true`,
};

for (const [what, oidc] of Object.entries(ACCEPTED)) {
  test(`a section oidc ${what} is accepted`, async (t) => {
    t.deepEqual(await problemsOf(t, oidc), []);
  });
}
