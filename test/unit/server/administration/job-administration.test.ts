import test from 'ava';
import { JobAdministration } from '../../../../server/administration/job-administration.ts';
import { NewestRuns } from '../../../../server/administration/newest-runs.ts';
import { JobSchedules } from '../../../../server/jobs/job-schedule.ts';
import { jobOf, jobParts } from '../../../helpers/core/job-parts.ts';

test('a job that must wait is not begun by hand, and the refusal says what it waits for', async (t) => {
  const parts = jobParts();
  const job = { ...jobOf(async () => t.fail()), mustWait: async () => 'another instance reads the old storage' };
  const jobs = [{ job, dryRun: false }];
  const schedules = new JobSchedules(jobs, parts);
  t.teardown(() => schedules[Symbol.asyncDispose]());
  const broadcast = { publish: async () => undefined };
  const dependencies = { jobs, schedules, runs: new NewestRuns(parts), broadcast };
  const administration = new JobAdministration(dependencies, parts.clock);
  await t.throwsAsync(administration.run('tidy', { dryRun: false, resumes: false }), {
    code: 'STATE_CONFLICT',
    message: /another instance reads the old storage/,
  });
  const [view] = await administration.list();
  t.is(view?.run, undefined);
});
