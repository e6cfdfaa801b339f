import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import type { RouteDescriptor } from '../../../../core/api/route-descriptor.ts';
import { ROUTES } from '../../../../core/api/route-descriptors.ts';
import { ForwardingDriver } from '../../../../core/driver/index.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { PolicyAccess } from '../../../../plugins/authorization/policy-access.ts';
import { createPolicy, type RuleSettings } from '../../../../plugins/authorization/policy-settings.ts';
import { composeCore } from '../../../helpers/core/core-parts.ts';
import { CountingDriver } from '../../../helpers/drivers/counting-driver.ts';
import { routeTarget } from '../../../helpers/http/route-target.ts';
import { serveRegistry } from '../../../helpers/http/serve-registry.ts';
import {
  digestOf,
  expectStatus,
  imageManifest,
  locationOf,
  OCI_MANIFEST,
  withQuery,
} from '../../../helpers/http/with-registry.ts';

const NOBODY = { effect: 'allow', users: [], groups: [], anonymous: false, authenticated: false } as const;
const RULES: readonly RuleSettings[] = [
  { ...NOBODY, name: 'all', repositories: ['**'], users: ['ann'], actions: ['admin'] },
  { ...NOBODY, name: 'own', repositories: ['mine/**'], users: ['bob'], actions: ['overwrite', 'delete'] },
];
const LAYER = 'a layer that only ann may see';
const NOWHERE = 'a layer that nobody has';

/** A registry that believes the name in the `Authorization` header, and the calls that a request of bob makes to its storage. */
async function counted(t: ExecutionContext, locality: 'local' | 'remote') {
  const driver = new CountingDriver(new ForwardingDriver(new MemoryDriver(), { locality }));
  const policy = createPolicy({ rules: RULES, groups: {}, immutableTags: [] });
  const controller = { authorize: async ({ authorization = '' }) => ({ actor: { name: authorization } }) };
  const access = new PolicyAccess({ controller, policy: () => policy, now: Date.now });
  const registry = await serveRegistry(t, composeCore(driver).registry, access);
  const ask = (user: string, method: string, path: string, body?: string) =>
    registry.ask(method, path, { body, headers: { Authorization: user, 'Content-Type': OCI_MANIFEST } });
  const push = async (name: string, layer: string): Promise<void> => {
    for (const body of ['{}', layer]) {
      expectStatus(await ask('ann', 'POST', `/v2/${name}/blobs/uploads/?digest=${digestOf(body)}`, body), 201);
    }
    expectStatus(await ask('ann', 'PUT', `/v2/${name}/manifests/v1`, imageManifest(layer)), 201);
  };
  await push('mine/app', 'layer');
  await push('secret/app', LAYER);
  const callsOf = async (method: string, path: string, body?: string) => {
    driver.reset();
    const answer = await ask('bob', method, path, body);
    return { answer, calls: driver.sites.map(({ call }) => call).toSorted() };
  };
  return { ask, callsOf };
}

const REQUESTS = ROUTES.filter(({ repository }) => repository === true).flatMap((route: RouteDescriptor) =>
  route.methods.map(({ method }) => ({ method, route })),
);

for (const locality of ['local', 'remote'] as const) {
  test(`a request that is refused asks no ${locality} storage anything`, async (t) => {
    const { callsOf } = await counted(t, locality);
    for (const { method, route } of REQUESTS) {
      const named = { name: 'secret/app', reference: 'v1', digest: digestOf(LAYER), uuid: randomUUID() };
      const { answer, calls } = await callsOf(method, routeTarget(route, named));
      t.is(answer.status, 403);
      t.deepEqual(calls, [], `${method} ${route.path}`);
    }
  });

  test(`a request for content that only others have costs a ${locality} storage the same as for content that nobody has`, async (t) => {
    const { callsOf } = await counted(t, locality);
    for (const { method, route } of REQUESTS) {
      for (const query of ['', 'mount=DIGEST', 'mount=DIGEST&from=secret/app', 'digest=DIGEST']) {
        const [hidden, nowhere] = await Promise.all(
          [LAYER, NOWHERE].map(async (content) => {
            const digest = digestOf(content);
            const named = { name: 'mine/app', reference: digest, digest, uuid: randomUUID() };
            return { target: routeTarget(route, named, query.replace('DIGEST', digest)), content };
          }),
        );
        const [one, other] = [
          await callsOf(method, hidden?.target ?? ''),
          await callsOf(method, nowhere?.target ?? ''),
        ];
        t.is(one.answer.status, other.answer.status, `${method} ${route.path} ${query}`);
        t.deepEqual(one.calls, other.calls, `${method} ${route.path} ${query}`);
      }
    }
  });

  // A manifest that this process has stored is not written again, but its link is written at the same time, so the client
  // waits as long.
  test(`an upload of a blob that others have costs a ${locality} storage the same as one of new content`, async (t) => {
    const { ask, callsOf } = await counted(t, locality);
    const upload = async (content: string): Promise<readonly string[]> => {
      const begun = locationOf(await ask('bob', 'POST', '/v2/mine/new/blobs/uploads/'));
      const { answer, calls } = await callsOf('PUT', withQuery(begun, { digest: digestOf(content) }), content);
      t.is(answer.status, 201);
      return calls;
    };
    t.deepEqual(await upload(LAYER), await upload(NOWHERE));
  });
}
