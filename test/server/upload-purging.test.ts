import test from 'ava';
import { withWorkers } from '../helpers/with-workers.ts';

const AT_ONCE = { age: '1ms', interval: '1s' };

async function begin(address: string): Promise<URL> {
  const begun = await fetch(`${address}/v2/app/blobs/uploads/`, { method: 'POST' });
  return new URL(begun.headers.get('location') ?? '', address);
}

test('an upload that nobody finishes is removed when it is old enough', async (t) => {
  const crew = await withWorkers(t, { workers: 1 }, { storage: { maintenance: { uploadpurging: AT_ONCE } } });
  const upload = await begin(crew.address);
  await crew.logged(/"uuid":"[^"]+","msg":"purged an upload"/);
  t.is((await fetch(upload)).status, 404);
});

test('a dry run says what it would remove, and removes nothing', async (t) => {
  const uploadpurging = { ...AT_ONCE, dryrun: true };
  const crew = await withWorkers(t, { workers: 1 }, { storage: { maintenance: { uploadpurging } } });
  const upload = await begin(crew.address);
  await crew.logged(/"uuid":"[^"]+","msg":"an upload would be purged"/);
  t.is((await fetch(upload)).status, 204);
});
