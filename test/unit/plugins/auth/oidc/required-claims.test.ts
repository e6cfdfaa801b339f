import test from 'ava';
import { readRequiredClaims } from '../../../../../plugins/auth/oidc/claim-options.ts';
import { requireClaims } from '../../../../../plugins/auth/oidc/required-claims.ts';
import { TokenError } from '../../../../../plugins/auth/token/token-error.ts';
import { GITHUB_JOB, GITLAB_JOB, KUBERNETES_POD } from '../../../../helpers/auth/published-claims.ts';

type Claims = Readonly<Record<string, unknown>>;

function isMet(required: Claims, claims: Claims): boolean {
  try {
    requireClaims(readRequiredClaims(required), claims);
    return true;
  } catch (error) {
    if (error instanceof TokenError) return false;
    throw error;
  }
}

const MET: readonly (readonly [Claims, Claims])[] = [
  [{ repository_owner: 'octo-org', ref: 'refs/heads/*' }, GITHUB_JOB],
  [{ repository: 'octo-org/**', event_name: ['push', 'workflow_dispatch'] }, GITHUB_JOB],
  [{ sub: 'repo:octo-org/*:environment:prod' }, GITHUB_JOB],
  [{ project_path: 'my-group/*', ref_protected: false, runner_id: 1 }, GITLAB_JOB],
  [{ groups_direct: 'myothergroup/*' }, GITLAB_JOB],
  [{ 'kubernetes\\.io.namespace': 'my-namespace', sub: 'system:serviceaccount:my-namespace:**' }, KUBERNETES_POD],
  [{ email_verified: true }, { email_verified: true }],
  [{ a: '?b' }, { a: 'xb' }],
];

test('a token meets required claims when a pattern of each matches, in a list one element', (t) => {
  for (const [required, claims] of MET) t.true(isMet(required, claims), JSON.stringify(required));
});

const NOT_MET: readonly (readonly [Claims, Claims])[] = [
  [{ repository_owner: 'octo' }, GITHUB_JOB],
  [{ repository_owner: 'Octo-org' }, GITHUB_JOB],
  [{ repository_owner: 'octo-org', ref: 'refs/tags/*' }, GITHUB_JOB],
  [{ repository: '*' }, GITHUB_JOB],
  [{ missing: '**' }, GITHUB_JOB],
  [{ a: '**' }, { a: null }],
  [{ a: '**' }, { a: {} }],
  [{ a: '**' }, { a: [] }],
  [{ a: '**' }, { a: [['x']] }],
  [{ a: '**' }, { a: 'x\ny' }],
  [{ a: 'x' }, { a: 'x\n' }],
  [{ a: true }, { a: false }],
  [{ a: true }, { a: 1 }],
  [{ a: 1 }, { a: true }],
  [{ a: '.' }, { a: 'x' }],
  [{ 'a.b': 'x' }, { 'a.b': 'x' }],
  [{ constructor: '**' }, {}],
];

test('a claim that is missing, or has no value that a pattern matches, is not met', (t) => {
  for (const [required, claims] of NOT_MET) t.false(isMet(required, claims), JSON.stringify([required, claims]));
});

test('the reason names the claim, and quotes no value', (t) => {
  const required = readRequiredClaims({ ref: 'refs/heads/main' });
  t.throws(() => requireClaims(required, { ref: 'secret' }), {
    message: 'its claim "ref" is not as required_claims has it',
  });
  t.throws(() => requireClaims(required, {}), { message: 'it has no claim "ref", which required_claims names' });
});
