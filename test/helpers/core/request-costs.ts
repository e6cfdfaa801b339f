import type { ExecutionContext } from 'ava';
import type { StorageDriver } from '../../../core/driver/index.ts';
import { type Cost, RoundTrips } from '../drivers/round-trips.ts';
import { serveRegistry } from '../http/serve-registry.ts';
import { digestOf, expectStatus, imageManifest, OCI_MANIFEST } from '../http/with-registry.ts';
import { composeCore } from './core-parts.ts';

/** The requests of a push, all small and in a repository that exists. */
type CountedRequest =
  | 'POST'
  | 'PUT with all bytes'
  | 'PATCH with all bytes'
  | 'PUT without bytes'
  | 'POST with all bytes'
  | 'mount'
  | 'manifest by digest'
  | 'manifest by tag'
  | 'DELETE of a tag'
  | 'DELETE of a blob';

/** What each request costs. */
export type RequestCosts = Readonly<Record<CountedRequest, Cost>>;

/** Sends small requests over HTTP to a registry on `driver`, and counts the calls of each. */
export async function requestCosts(t: ExecutionContext, driver: StorageDriver): Promise<RequestCosts> {
  const trips = new RoundTrips(driver);
  const registry = await serveRegistry(t, composeCore(trips).registry);
  await registry.pushImage('app', 'before');
  const digest = (text: string): string => digestOf(text);
  const costs: Partial<Record<CountedRequest, Cost>> = {};
  let location = '';
  costs.POST = await trips.cost(async () => {
    location = await registry.startUpload('app');
  });
  costs['PUT with all bytes'] = await trips.cost(async () =>
    expectStatus(await registry.finishUpload(location, digest('one'), { body: 'one' }), 201),
  );
  location = await registry.startUpload('app');
  costs['PATCH with all bytes'] = await trips.cost(async () => {
    location = await registry.sendChunk(location, 'two');
  });
  costs['PUT without bytes'] = await trips.cost(async () =>
    expectStatus(await registry.finishUpload(location, digest('two')), 201),
  );
  costs['POST with all bytes'] = await trips.cost(async () =>
    expectStatus(
      await registry.ask('POST', `/v2/app/blobs/uploads/?digest=${digest('three')}`, { body: 'three' }),
      201,
    ),
  );
  const mount = `/v2/other/blobs/uploads/?mount=${digest('one')}&from=app`;
  costs.mount = await trips.cost(async () => expectStatus(await registry.ask('POST', mount), 201));
  const body = imageManifest('one', 'two');
  for (const [request, reference] of [
    ['manifest by digest', digest(body)],
    ['manifest by tag', 'new'],
  ] as const) {
    costs[request] = await trips.cost(async () =>
      expectStatus(await registry.putManifest('app', reference, { body, type: OCI_MANIFEST }), 201),
    );
  }
  for (const [request, path] of [
    ['DELETE of a tag', '/v2/app/manifests/new'],
    ['DELETE of a blob', `/v2/app/blobs/${digest('three')}`],
  ] as const) {
    costs[request] = await trips.cost(async () => expectStatus(await registry.ask('DELETE', path), 202));
  }
  t.log(JSON.stringify(Object.fromEntries(Object.entries(costs).map(([name, cost]) => [name, Object.values(cost)]))));
  return costs as RequestCosts;
}

/** Asserts the maximum cost of a push with every driver. */
export function assertLean(t: ExecutionContext, costs: RequestCosts): void {
  t.deepEqual(costs.POST, { calls: 0, inSequence: 0 });
  t.deepEqual(costs['PUT with all bytes'], { calls: 3, inSequence: 2 });
  t.deepEqual(costs['POST with all bytes'], { calls: 2, inSequence: 1 });
  // Calls in memory end immediately, so none overlap.
  t.true(costs['PATCH with all bytes'].inSequence <= 6);
  t.deepEqual(costs['PUT without bytes'], { calls: 4, inSequence: 3 });
  t.true(costs.mount.inSequence <= 3);
}
