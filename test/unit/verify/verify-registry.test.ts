import test from 'ava';
import { withRegistry } from '../../helpers/http/with-registry.ts';
import { shortcomings, verification } from '../../helpers/verify/verification.ts';

/** Checks that do not apply to this registry, and why. */
const SKIPPED = ['skipped push/single-post-or-session: the registry takes blobs by one POST'];

test('this registry keeps every rule, and nothing is left behind', async (t) => {
  const registry = await withRegistry(t);
  const { results, missing, cleanUp } = await verification(t, registry);
  t.deepEqual(shortcomings(results), SKIPPED);
  t.deepEqual(missing, {});
  t.deepEqual(cleanUp.left, []);
  const { body } = await registry.ask('GET', '/v2/_catalog');
  const { repositories } = JSON.parse(body.toString()) as { readonly repositories: readonly string[] };
  for (const repository of repositories) t.is((await registry.ask('GET', `/v2/${repository}/tags/list`)).status, 404);
});
