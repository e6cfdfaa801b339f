import { randomUUID } from 'node:crypto';
import { Agent } from 'node:http';
import test, { type ExecutionContext } from 'ava';
import type { RouteDescriptor } from '../../../../core/api/route-descriptor.ts';
import { ROUTES } from '../../../../core/api/route-descriptors.ts';
import type { Answer } from '../../../helpers/http/http-request.ts';
import { routeTarget } from '../../../helpers/http/route-target.ts';
import {
  digestOf,
  expectStatus,
  imageManifest,
  locationOf,
  OCI_MANIFEST,
  withQuery,
  withRegistry,
} from '../../../helpers/http/with-registry.ts';
import { ANN, BOB, basic } from '../../plugins/auth/htpasswd/fixture-passwords.ts';
import { folderWith } from '../../plugins/loading/fixture-folder.ts';

/** ann may do everything, bob everything in `mine/**`, and anybody may pull what is public. */
const RULES = [
  { repositories: ['**'], users: ['ann'], allow: ['admin'] },
  { repositories: ['mine/**'], users: ['bob'], allow: ['*'] },
  { repositories: ['public/**'], anonymous: true, authenticated: true, allow: ['pull'] },
];
const LAYER = 'a layer that only ann may see';
const HIDDEN = imageManifest(LAYER);
/** The subject of a manifest in the hidden repository. */
const SUBJECT = { mediaType: OCI_MANIFEST, digest: digestOf(HIDDEN), size: HIDDEN.length };
const REFERRER = JSON.stringify({ ...(JSON.parse(HIDDEN) as object), subject: SUBJECT });

const PROXIED = { 'X-Request-Id': 'the-same', 'X-Forwarded-Host': 'registry.example.com' };

/** What a request names. */
interface Named {
  readonly name: string;
  readonly reference: string;
  readonly digest: string;
  readonly uuid: string;
  readonly change: string;
}

const NOWHERE: Omit<Named, 'name'> = {
  reference: 'never1',
  digest: digestOf('nowhere'),
  uuid: randomUUID(),
  change: 'change-nowhere',
};

interface World {
  /** Content of `secret/app`, which only ann may see. */
  readonly hidden: readonly Named[];
  readonly ask: (user: User, method: string, path: string, options?: Sent) => Promise<Answer>;
}

interface Sent {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

const USERS = { ann: ANN, bob: BOB };
type User = keyof typeof USERS | 'a token of bob' | 'nobody';

async function world(t: ExecutionContext, { hasSecret = true } = {}): Promise<World> {
  const folder = await folderWith(t, { htpasswd: `${ANN.line}\n${BOB.line}\n` });
  const auth = { htpasswd: { realm: 'here', path: 'htpasswd' } };
  // The test is a proxy that names the host and the requests, so that these do not differ.
  const http = { secret: 'long enough for the tokens of this test', trustedproxies: ['127.0.0.1'] };
  const agent = new Agent({ keepAlive: true });
  t.teardown(() => agent.destroy());
  const registry = await withRegistry(t, { auth, folder, http, others: { authorization: { rules: RULES } } });
  const scope = 'repository:mine/app:*&scope=repository:secret/app:*&scope=repository:secret/not:*';
  const headers = { Authorization: basic('bob', BOB.password) };
  const given = await registry.ask('GET', `/auth/token?scope=${scope}`, { headers });
  const { token } = JSON.parse(given.text) as { token: string };
  const asking: World['ask'] = (user, method, path, { headers: more, body } = {}) => {
    const login =
      user === 'nobody'
        ? {}
        : { Authorization: user === 'a token of bob' ? `Bearer ${token}` : basic(user, USERS[user].password) };
    return registry.ask(method, path, { body, agent, headers: { ...login, ...PROXIED, ...more } });
  };
  const push = async (name: string, layer: string, manifests: Readonly<Record<string, string>>): Promise<void> => {
    for (const body of ['{}', layer]) {
      const path = `/v2/${name}/blobs/uploads/?digest=${digestOf(body)}`;
      expectStatus(await asking('ann', 'POST', path, { body }), 201);
    }
    for (const [reference, body] of Object.entries(manifests)) {
      const path = `/v2/${name}/manifests/${reference}`;
      expectStatus(await asking('ann', 'PUT', path, { body, headers: { 'Content-Type': OCI_MANIFEST } }), 201);
    }
  };
  await push('mine/app', 'layer', { v1: imageManifest('layer') });
  await push('public/app', 'public', { v1: imageManifest('public') });
  const hidden: Named[] = [];
  if (hasSecret) {
    await push('secret/app', LAYER, { hidden: HIDDEN, [digestOf(REFERRER)]: REFERRER });
    const begun = locationOf(expectStatus(await asking('ann', 'POST', '/v2/secret/app/blobs/uploads/'), 202));
    const stored = locationOf(expectStatus(await asking('ann', 'PATCH', begun, { body: 'a part' }), 202));
    const uuid = /uploads\/([^?]+)/.exec(stored)?.[1] ?? '';
    await push('secret/old', LAYER, {});
    const erasing = '/v2/_ext/admin/repository?repository=secret/old';
    const { id: change } = JSON.parse(expectStatus(await asking('ann', 'DELETE', erasing), 202).text) as { id: string };
    const shared = { name: 'secret/app', uuid, change };
    hidden.push({ ...shared, reference: 'hidden', digest: digestOf(LAYER) });
    hidden.push({ ...shared, reference: digestOf(HIDDEN), digest: digestOf(HIDDEN) });
  }
  return { hidden, ask: asking };
}

/** What may be sent with any request; the digest is that of the content in question. */
const VARIANTS: readonly ((named: Named) => { readonly query?: string; readonly sent?: Sent })[] = [
  () => ({}),
  ({ digest }) => ({ sent: { headers: { 'If-None-Match': `"${digest}"` } } }),
  () => ({ sent: { headers: { 'If-None-Match': '*', Range: 'bytes=0-0' } } }),
  () => ({ sent: { headers: { Range: 'bytes=999-', Accept: 'application/x-nothing' } } }),
  () => ({ query: 'n=1&last=a&artifactType=a/b' }),
  ({ digest }) => ({ query: `digest=${digest}` }),
  ({ digest, name }) => ({ query: `mount=${digest}&from=${name}` }),
  ({ digest }) => ({ query: `mount=${digest}` }),
  () => ({ query: 'n=x' }),
  ({ digest }) => ({ sent: { body: manifestWith(digest), headers: { 'Content-Type': OCI_MANIFEST } } }),
  () => ({ sent: { body: 'more', headers: { 'Content-Range': '6-9', 'Content-Type': 'application/octet-stream' } } }),
];

/** A manifest with this layer, and a config that each repository has. */
function manifestWith(digest: string): string {
  return imageManifest(LAYER).replace(digestOf(LAYER), digest);
}

/** Every method of every route with a repository, and one that the route does not have. */
const REQUESTS = ROUTES.filter(({ repository }) => repository).flatMap((route: RouteDescriptor) =>
  [...route.methods.map(({ method }): string => method), 'OPTIONS', 'TRACE'].map((method) => ({ method, route })),
);

/** An answer without what differs anyway: the time, new uploads, and what the request itself named or sent. */
function comparable({ status, headers, text }: Answer, named: Named, sent = ''): unknown {
  const { date: _, ...rest } = headers;
  const plain = (value: string): string => {
    const words: readonly [string, string][] = [
      [encodeURIComponent(named.digest), 'DIGEST'],
      [digestOf(sent), 'SENT'],
      ...Object.entries<string>({ ...named }).map(([key, word]): [string, string] => [word, key.toUpperCase()]),
    ];
    return words
      .reduce((result, [word, by]) => (word === '' ? result : result.replaceAll(word, by)), value)
      .replaceAll(/_state=[^&>"]*/g, '_state=STATE')
      .replaceAll(/change-[\dA-Za-z-]+/g, 'CHANGE')
      .replaceAll(/"announcedAt":"[^"]*"/g, '"announcedAt":"TIME"')
      .replaceAll(/[\da-f]{8}-[\da-f]{4}-4[\da-f-]{21}/g, 'UUID');
  };
  return { status, headers: JSON.parse(plain(JSON.stringify(rest))) as unknown, text: plain(text) };
}

/**
 * Sends the same to two names, and expects the same answers.
 * @returns the statuses of the methods that need a right
 */
async function expectEqual(
  t: ExecutionContext,
  asking: World['ask'],
  user: User,
  { one, other }: { readonly one: Named; readonly other: Named },
): Promise<ReadonlySet<number>> {
  const statuses = new Set<number>();
  for (const { method, route } of REQUESTS) {
    for (const variant of VARIANTS) {
      const answers = await Promise.all(
        [one, other].map(async (named) => {
          const { query, sent } = variant(named);
          const target = routeTarget(route, { ...named }, query);
          const answer = await asking(user, method, target, sent);
          if (method !== 'OPTIONS' && method !== 'TRACE') statuses.add(answer.status);
          return { target, answer: comparable(answer, named, sent?.body) };
        }),
      );
      const [first, second] = answers;
      t.deepEqual(first?.answer, second?.answer, `${user}: ${method} ${first?.target}`);
    }
  }
  return statuses;
}

for (const user of ['bob', 'a token of bob', 'nobody'] as const) {
  test(`${user} learns nothing of a repository that is hidden, whatever the request`, async (t) => {
    const { hidden, ask: asking } = await world(t);
    for (const [index, one] of hidden.entries()) {
      // Another repository, and other content of the same one.
      const other = { ...NOWHERE, name: index === 0 ? 'secret/not' : 'secret/app' };
      const statuses = await expectEqual(t, asking, user, { one, other });
      t.deepEqual([...statuses], [user === 'bob' ? 403 : 401]);
    }
  });
}

for (const user of ['bob', 'a token of bob'] as const) {
  test(`${user} learns in no repository of his own what exists in one that is hidden`, async (t) => {
    const { hidden, ask: asking } = await world(t);
    for (const { reference, digest, uuid, change } of hidden) {
      const name = 'mine/app';
      const isDigest = reference.includes(':');
      const other = { ...NOWHERE, name, reference: isDigest ? NOWHERE.digest : NOWHERE.reference };
      await expectEqual(t, asking, user, { one: { name, reference, digest, uuid, change }, other });
    }
  });
}

test('a mount from a hidden repository begins the same upload as one from a repository that does not exist', async (t) => {
  const { ask: asking } = await world(t);
  const mount = async (digest: string, from: string): Promise<unknown> => {
    const path = `/v2/mine/other/blobs/uploads/?mount=${digest}${from}`;
    const answer = expectStatus(await asking('bob', 'POST', path), 202);
    return comparable(answer, { ...NOWHERE, name: 'mine/other', digest });
  };
  const nowhere = await mount(NOWHERE.digest, '');
  for (const from of ['', '&from=secret/app', '&from=secret/not', '&from=*', '&from=public/app', '&from=NO']) {
    t.deepEqual(await mount(digestOf(LAYER), from), nowhere, from);
  }
  t.is((await asking('bob', 'HEAD', `/v2/mine/other/blobs/${digestOf(LAYER)}`)).status, 404);
});

test('an upload of content that is hidden needs all of its bytes', async (t) => {
  const { ask: asking } = await world(t);
  const finish = async (digest: string, body: string): Promise<Answer> => {
    const begun = locationOf(expectStatus(await asking('bob', 'POST', '/v2/mine/app/blobs/uploads/'), 202));
    return asking('bob', 'PUT', withQuery(begun, { digest }), { body });
  };
  for (const body of ['', LAYER.slice(1)]) {
    const answers = [digestOf(LAYER), NOWHERE.digest].map(async (digest) =>
      comparable(await finish(digest, body), { ...NOWHERE, name: 'mine/app', digest }),
    );
    const [one, other] = await Promise.all(answers);
    t.deepEqual(one, other);
  }
  t.is((await finish(digestOf(LAYER), LAYER)).status, 201);
});

test('lists, the page for browsers and tokens are the same whether hidden repositories exist or not', async (t) => {
  const [full, bare] = [await world(t), await world(t, { hasSecret: false })];
  const scopes = (name: string): string => `scope=repository:${name}:pull,push&scope=registry:catalog:*`;
  for (const path of [
    ...['', '?n=1', '?n=2', '?n=1&last=mine/app', '?n=1&last=public/app', '?n=1&last=rest', '?last=z', '?n=0'].map(
      (query) => `/v2/_catalog${query}`,
    ),
    ...['/', '/v2/', '/v2/_ext/', '/metrics', '/auth/token', '/v2/secret/', '/v2/secret/app'],
  ]) {
    for (const user of ['bob', 'nobody'] as const) {
      for (const accept of ['text/html', '*/*']) {
        const [one, other] = await Promise.all(
          [full, bare].map(async ({ ask: asking }) => {
            const answer = await asking(user, 'GET', path, { headers: { Accept: accept } });
            const text = answer.text.replaceAll(/"(?:\w*token|issued_at)":"[^"]*"/g, '');
            return comparable({ ...answer, text }, { ...NOWHERE, name: 'secret/app' });
          }),
        );
        t.deepEqual(one, other, `${user}: GET ${path}`);
      }
    }
  }
  const claims = async ({ ask: asking }: World, name: string): Promise<unknown> => {
    const { token } = JSON.parse((await asking('bob', 'GET', `/auth/token?${scopes(name)}`)).text) as { token: string };
    const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
    return (JSON.parse(payload) as { access: unknown }).access;
  };
  t.deepEqual(await claims(full, 'secret/app'), await claims(bare, 'secret/app'));
  t.deepEqual(await claims(full, 'secret/app'), await claims(full, 'secret/not'));
});
