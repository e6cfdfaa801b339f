import test from 'ava';
import { mountSmallDisk } from '../../../helpers/drivers/small-disk.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { withWorkers } from '../../../helpers/http/with-workers.ts';
import { tooSoon } from '../../../helpers/invariants/job-runs.ts';

const AT_ONCE = { age: '1ms', interval: '1s' };

/** Begins an upload with a few bytes, because one without bytes is not stored; returns where it continues. */
async function begin(address: string): Promise<URL> {
  const next = ({ headers }: Response): URL => new URL(headers.get('location') ?? '', address);
  const begun = await fetch(`${address}/v2/app/blobs/uploads/`, { method: 'POST' });
  return next(await fetch(next(begun), { method: 'PATCH', body: Buffer.from('bytes') }));
}

test('an unfinished upload is removed when it is old enough', async (t) => {
  const running = await withWorkers(t, { workers: 1 }, { storage: { maintenance: { uploadpurging: AT_ONCE } } });
  const upload = await begin(running.address);
  await running.logged(/"uuid":"[^"]+","msg":"purged an upload"/);
  t.is((await fetch(upload)).status, 404);
});

test('a dry run reports what it would remove, and removes nothing', async (t) => {
  const uploadpurging = { ...AT_ONCE, dryrun: true };
  const running = await withWorkers(t, { workers: 1 }, { storage: { maintenance: { uploadpurging } } });
  const upload = await begin(running.address);
  await running.logged(/"uuid":"[^"]+","msg":"an upload would be purged"/);
  t.is((await fetch(upload)).status, 204);
});

test('uploads on a read-only disk cause one log line: at the start, and for each purge after it turns read-only', async (t) => {
  const root = await tempRoot(t);
  const disk = mountSmallDisk(t, root, '8m');
  if (disk === undefined) return;
  const storage = { filesystem: { rootdirectory: root }, maintenance: { uploadpurging: { ...AT_ONCE, age: '3s' } } };
  const turning = await withWorkers(t, { workers: 1 }, { storage });
  await Promise.all([begin(turning.address), begin(turning.address), begin(turning.address)]);
  disk.remount('ro');
  const [told] = await turning.logged(/[^]*"failed":3/);
  // A purge before may have found one or two of them old enough.
  const purge = told.split(/"failed":[0-2]\b/).at(-1) ?? '';
  t.is(purge.match(/could not be purged/g)?.length, 1);
  const starting = await withWorkers(t, { workers: 1 }, { storage });
  const [said] = await starting.logged(/[^]*abandoned uploads cannot be removed/);
  t.notRegex(said, /could not be purged/);
});

test('several workers purge once per interval together', async (t) => {
  const running = await withWorkers(t, { workers: 3 }, { storage: { maintenance: { uploadpurging: AT_ONCE } } });
  const [text] = await running.logged(/([^]*"job":"upload-purge"[^\n]*"msg":"job completed"){4}/);
  t.deepEqual(tooSoon([text]), []);
});

test('no job begins while a registry drains', async (t) => {
  const differences = { storage: { maintenance: { uploadpurging: AT_ONCE } } };
  const running = await withWorkers(t, { workers: 1, draindelay: '3s' }, differences);
  await running.logged(/"msg":"job completed"/);
  running.signal('SIGTERM');
  await running.finished;
  const [text] = await running.logged(/[^]*/);
  const [, drained = ''] = text.split('"msg":"stopping"');
  t.regex(drained, /"msg":"stopped"/);
  t.notRegex(drained, /job started/);
});
