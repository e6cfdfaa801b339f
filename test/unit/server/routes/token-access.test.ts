import test, { type ExecutionContext } from 'ava';
import { bearer, ISSUER, SERVICE, TokenSigner } from '../../../helpers/auth/token-signer.ts';
import type { Answer } from '../../../helpers/http/http-request.ts';
import { digestOf, locationOf, type Registry, withQuery, withRegistry } from '../../../helpers/http/with-registry.ts';
import { folderWith } from '../../plugins/loading/fixture-folder.ts';

const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';

interface Guarded {
  readonly registry: Registry;
  /** Asks with a token for these scopes. */
  readonly ask: (
    method: string,
    path: string,
    scopes: readonly string[],
    body?: string,
    extra?: object,
  ) => Promise<Answer>;
}

async function guarded(t: ExecutionContext, options: object = {}): Promise<Guarded> {
  const signer = await TokenSigner.of('ES256');
  const folder = await folderWith(t, { 'keys.json': JSON.stringify({ keys: [signer.jwk] }) });
  const token = { realm: 'https://auth/token', issuer: ISSUER, service: SERVICE, jwks: 'keys.json', ...options };
  const registry = await withRegistry(t, { auth: { token }, folder });
  const ask: Guarded['ask'] = async (method, path, scopes, body, extra) => {
    const headers = {
      ...extra,
      Authorization: bearer(await signer.sign({ access: scopes })),
    };
    return registry.ask(method, path, { headers, body });
  };
  return { registry, ask };
}

test('the base route answers a client without a token with where to get one', async (t) => {
  const { registry, ask } = await guarded(t);
  const answer = await registry.ask('GET', '/v2/');
  t.is(answer.status, 401);
  t.is(answer.headers['www-authenticate'], `Bearer realm="https://auth/token",service="${SERVICE}"`);
  t.is(answer.headers['docker-distribution-api-version'], 'registry/2.0');
  t.is((await ask('GET', '/v2/', [])).status, 200);
});

test('a token for one repository pushes and pulls there, and nowhere else', async (t) => {
  const { ask } = await guarded(t);
  const both = ['repository:app:pull,push'];
  const begun = await ask('POST', '/v2/app/blobs/uploads/', both);
  t.is(begun.status, 202);
  const digest = digestOf('layer');
  t.is((await ask('PUT', withQuery(locationOf(begun), { digest }), both, 'layer')).status, 201);
  t.is((await ask('GET', `/v2/app/blobs/${digest}`, ['repository:app:pull'])).text, 'layer');
  const refused = await ask('POST', '/v2/other/blobs/uploads/', both);
  t.is(refused.status, 401);
  t.regex(refused.headers['www-authenticate'] ?? '', /scope="repository:other:pull,push",error="insufficient_scope"$/);
  const deleting = await ask('DELETE', `/v2/app/blobs/${digest}`, both);
  t.regex(deleting.headers['www-authenticate'] ?? '', /scope="repository:app:delete",error="insufficient_scope"$/);
});

test('a mount needs the right to pull from the source', async (t) => {
  const { ask } = await guarded(t);
  const digest = digestOf('layer');
  const all = ['repository:source:pull,push', 'repository:app:pull,push'];
  t.is((await ask('POST', `/v2/source/blobs/uploads/?digest=${digest}`, all, 'layer')).status, 201);
  const path = `/v2/app/blobs/uploads/?mount=${digest}&from=source`;
  t.is((await ask('POST', path, ['repository:app:pull,push'])).status, 202);
  t.is((await ask('POST', path, all)).status, 201);
});

test('the catalog shows those repositories which the token may pull', async (t) => {
  const { ask } = await guarded(t);
  for (const name of ['a', 'b']) {
    const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] };
    const headers = { 'Content-Type': OCI_INDEX };
    const scopes = [`repository:${name}:pull,push`];
    t.is((await ask('PUT', `/v2/${name}/manifests/v1`, scopes, JSON.stringify(index), headers)).status, 201);
  }
  t.is((await ask('GET', '/v2/_catalog', [])).status, 401);
  const answer = await ask('GET', '/v2/_catalog', ['registry:catalog:*', 'repository:a:pull']);
  t.deepEqual(JSON.parse(answer.text), { repositories: ['a'] });
});

test('what a client learns about a token that is not valid names no key', async (t) => {
  const { registry, ask } = await guarded(t, { service: 'another' });
  const answer = await ask('GET', '/v2/app/tags/list', ['repository:app:pull']);
  t.is(answer.status, 401);
  t.regex(answer.headers['www-authenticate'] ?? '', /,scope="repository:app:pull",error="invalid_token"$/);
  t.regex(answer.text, /"reason":"the token is not valid"/);
  t.notRegex(answer.text, /kid|key/);
  t.is((await registry.ask('GET', '/v2/', { headers: { Authorization: 'Bearer x' } })).status, 401);
});
