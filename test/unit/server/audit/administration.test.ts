import test from 'ava';
import { fieldsOf, withAudit } from '../../../helpers/http/audited-registry.ts';
import { expectStatus } from '../../../helpers/http/with-registry.ts';

const REPOSITORY = '/v2/_ext/admin/repository';
const OPTIONS = {
  storage: { filesystem: {}, delete: { enabled: true, keep: '1h' } },
  others: { admin: { enabled: true } },
};

test('renames are recorded with both names, and what is forced as forced, whether it is done or refused', async (t) => {
  const { registry, recorded } = await withAudit(t, OPTIONS);
  for (const name of ['team/app', 'team/old', 'taken']) await registry.pushImage(name, 'v1');
  const rename = `${REPOSITORY}/changes?from=team/app&to`;
  expectStatus(await registry.ask('POST', `${rename}=taken`), 409);
  expectStatus(await registry.ask('POST', `${rename}=apps/web&force=true`), 202);
  expectStatus(await registry.ask('DELETE', `${REPOSITORY}?repository=team/old&force=true`), 202);
  expectStatus(await registry.ask('DELETE', `${REPOSITORY}?repository=missing`), 404);
  const lines = (await recorded()).filter(({ action }) => action === 'admin');
  const what = { action: 'admin', fromRepository: 'team/app' };
  t.deepEqual(fieldsOf(lines, 'action', 'outcome', 'repository', 'fromRepository', 'force'), [
    { ...what, outcome: 'failed', repository: 'taken' },
    { ...what, outcome: 'allowed', repository: 'apps/web', force: true },
    { action: 'admin', outcome: 'allowed', repository: 'team/old', force: true },
    { action: 'admin', outcome: 'failed', repository: 'missing' },
  ]);
});

test('what comes back from the trash by force is recorded as forced', async (t) => {
  const { registry, recorded } = await withAudit(t, OPTIONS);
  await registry.pushImage('team/app', 'v1');
  expectStatus(await registry.ask('DELETE', '/v2/team/app/manifests/v1'), 202);
  const restore = '/v2/_ext/admin/trash/restore?repository=team/app&reference=v1&force=true';
  expectStatus(await registry.ask('POST', restore), 200);
  const lines = (await recorded()).filter(({ action }) => action === 'admin');
  t.true(lines.length > 0);
  t.true(lines.every(({ force }) => force === true));
});
