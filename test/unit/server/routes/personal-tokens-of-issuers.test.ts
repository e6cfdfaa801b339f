import test, { type ExecutionContext } from 'ava';
import { basicWith } from '../../../helpers/auth/oidc-controller.ts';
import { AUDIENCE } from '../../../helpers/auth/real-provider.ts';
import { TestIssuer } from '../../../helpers/auth/test-issuer.ts';
import { basic } from '../../plugins/auth/htpasswd/fixture-passwords.ts';
import { folderWith } from '../../plugins/loading/fixture-folder.ts';
import { withPersonalTokens } from './with-personal-tokens.ts';

const RULES = [{ repositories: ['**'], authenticated: true, allow: ['push'] }];
const UPLOAD = ['POST', '/v2/app/blobs/uploads/'] as const;

/** A registry with an issuer for people, who may have tokens, and one for jobs, who may not. */
async function withIssuers(t: ExecutionContext) {
  const [people, jobs] = [await TestIssuer.start(t), await TestIssuer.start(t)];
  const issuers = [
    { issuer: people.issuer, audience: AUDIENCE, username: 'people/${sub}', personaltokens: true },
    { issuer: jobs.issuer, audience: AUDIENCE, username: 'people/ci/${sub}' },
  ];
  const access = await withPersonalTokens(t, {
    auth: { oidc: { issuers } },
    others: { authorization: { rules: RULES } },
  });
  const createdBy = async (issuer: TestIssuer, sub: string) => {
    return access.send('POST', '/auth/tokens', basicWith('oidc', await issuer.token({ sub })), { name: 'mine' });
  };
  return { ...access, people, jobs, createdBy };
}

test('a person of an issuer with personaltokens creates a token, pushes with it and revokes it', async (t) => {
  const { create, send, people } = await withIssuers(t);
  const asKim = basicWith('oidc', await people.token({ sub: 'kim' }));
  const { id, token } = await create(asKim);
  const asToken = basic('people/kim', String(token));
  t.is((await send(...UPLOAD, asToken)).status, 202);
  t.is((await send(...UPLOAD, basic('people/lee', String(token)))).status, 401, 'it belongs to kim alone');
  t.is((await send('POST', '/auth/tokens', asToken, { name: 'copy' })).status, 403, 'it creates no others');
  t.is((await send('DELETE', `/auth/tokens/${String(id)}`, asKim)).status, 204);
  t.is((await send(...UPLOAD, asToken)).status, 401);
});

test('a token ends when the groups of its issuer are read in another way, and not when nothing of its user changes', async (t) => {
  const people = await TestIssuer.start(t);
  const folder = await folderWith(t, { htpasswd: '' });
  const rules = [{ repositories: ['**'], groups: ['team:dev'], allow: ['push'] }];
  const start = (options: object) => {
    const issuer = { issuer: people.issuer, audience: AUDIENCE, username: 'people/${sub}', personaltokens: true };
    return withPersonalTokens(t, {
      ...{ folder, storage: { filesystem: {} }, others: { authorization: { rules } } },
      auth: {
        htpasswd: undefined,
        oidc: { issuers: [{ ...issuer, groups: { claim: 'g', prefix: 'team:' }, ...options }] },
      },
    });
  };
  const first = await start({});
  const { token } = await first.create(basicWith('oidc', await people.token({ sub: 'kim', g: ['dev'] })));
  const asToken = basic('people/kim', String(token));
  await first.registry.stop();
  for (const [options, status] of [
    [{ leeway: '0s' }, 202],
    [{ groups: { claim: 'g', prefix: 'other:' } }, 401],
    [{ required_claims: { sub: 'lee' } }, 401],
    [{}, 202],
  ] as const) {
    const { registry, send } = await start(options);
    t.is((await send(...UPLOAD, asToken)).status, status, JSON.stringify(options));
    await registry.stop();
  }
});

test('a job of an issuer without personaltokens gets none, although its name begins like those of people', async (t) => {
  const { createdBy, jobs } = await withIssuers(t);
  const { status, text } = await createdBy(jobs, 'build');
  t.is(status, 403);
  t.regex(text, /users of this kind of log-in cannot create personal access tokens/);
});

test('a person whose name has a colon is told why no token can be created', async (t) => {
  const { createdBy, people } = await withIssuers(t);
  const { status, text } = await createdBy(people, 'system:kim');
  t.is(status, 403);
  t.regex(text, /name has a \\":\\" cannot send it with a token/);
});
