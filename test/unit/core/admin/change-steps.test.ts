import test, { type ExecutionContext } from 'ava';
import { type ChangeProgress, changeSteps } from '../../../../core/admin/change-steps.ts';
import type { RepositoryChange } from '../../../../core/storage/changes/repository-change.ts';
import { name } from '../../../helpers/content/registry-content.ts';

const CHANGE: RepositoryChange = {
  id: 'change-1',
  action: 'delete',
  name: name('team/app'),
  announcedAt: new Date(),
  isUnderWay: true,
};

/** Steps of a process that was suspended for a minute, and counters of what it has asked and changed. */
function suspended(t: ExecutionContext, state: ChangeProgress) {
  const counts = { asked: 0, changed: 0 };
  const { signal } = new AbortController();
  const steps = changeSteps(CHANGE, {
    signal,
    stateOf: async () => {
      counts.asked += 1;
      return state;
    },
    onChange: () => (counts.changed += 1),
  });
  const now = Date.now;
  const later = now() + 60_000;
  Date.now = () => later;
  t.teardown(() => (Date.now = now));
  return { steps, counts };
}

for (const [state, message] of [
  ['ended', /another process has ended the change/],
  ['withdrawn', /it was withdrawn/],
] as const)
  test.serial(
    `a process that was suspended removes nothing of all it was about to when the change has ${state}`,
    async (t) => {
      const { steps, counts } = suspended(t, state);
      const all = await Promise.allSettled(Array.from({ length: 32 }, () => steps.changes()));
      t.true(all.every(({ status }) => status === 'rejected'));
      await t.throwsAsync(steps.changes(), { message });
      t.is(counts.changed, 0);
    },
  );

test.serial(
  'a process that was suspended asks once for all it was about to do, and goes on with a change that is under way',
  async (t) => {
    const { steps, counts } = suspended(t, 'under way');
    await Promise.all(Array.from({ length: 32 }, () => steps.changes()));
    await steps.changes();
    t.deepEqual(counts, { asked: 1, changed: 33 });
  },
);
