import test from 'ava';
import { handleProblem } from '../../../../server/health/handle-probe.ts';
import type { HealthChecks } from '../../../../server/health/health-checks.ts';
import { Readiness } from '../../../../server/health/readiness.ts';
import type { StorageProbe } from '../../../../server/health/storage-probe.ts';

function readiness(storage?: string): Readiness {
  const probe = { check: async () => storage } as unknown as StorageProbe;
  return new Readiness(probe, { problems: undefined } as unknown as HealthChecks);
}

test('an instance is ready while none of its checks has a problem', async (t) => {
  const ready = readiness();
  ready.watch('files', handleProblem);
  ready.watch('connections', () => undefined);
  t.is(await ready.problems(), undefined);
});

test('every problem is named, including those of the storage', async (t) => {
  const ready = readiness('timeout');
  ready.watch('files', async () => 'none left');
  ready.watch('connections', () => 'all busy');
  t.deepEqual(await ready.problems(), { storage: 'timeout', files: 'none left', connections: 'all busy' });
});
