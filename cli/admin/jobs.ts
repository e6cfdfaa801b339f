import type { RemoteAdministration } from '../../client/remote/remote-administration.ts';
import type { AdministrationOfStorage } from '../../server/administration/administration.ts';
import type { JobView, RunByHand } from '../../server/administration/job-administration.ts';
import type { WatchEvent } from '../../server/administration/job-watches.ts';
import type { RunView } from '../../server/administration/run-view.ts';
import type { ExitCode, Program } from '../command.ts';
import type { AdminTarget } from './admin-target.ts';
import { administrate } from './administrator.ts';

/** The jobs of a storage, or of a registry that runs. */
export interface Jobs {
  list(): Promise<readonly JobView[]>;
  run(job: string, wanted: RunByHand): Promise<RunView>;
  cancel(job: string): Promise<RunView>;
  /** Follows a run until it has ended; `stop` may come before that. */
  watch(job: string): Promise<AsyncIterable<WatchEvent>>;
}

/** The jobs of a storage. */
function localJobs({ jobs, watches }: AdministrationOfStorage, signal: AbortSignal): Jobs {
  return {
    list: () => jobs.list(),
    run: (job, wanted) => jobs.run(job, wanted),
    cancel: (job) => jobs.cancel(job),
    watch: async (job) => {
      jobs.require(job);
      return watches.watch(job, signal);
    },
  };
}

/** The jobs of a registry that runs. What it answers has the form of its own version. */
function remoteJobs(administration: RemoteAdministration, signal: AbortSignal): Jobs {
  const pathOf = (job: string, what: string): string => `jobs/${encodeURIComponent(job)}/${what}`;
  return {
    list: async () => {
      const { jobs } = await administration.get('jobs', { signal });
      return Array.isArray(jobs) ? (jobs as readonly JobView[]) : [];
    },
    run: async (job, { dryRun, resumes }) => {
      const query = { 'dry-run': String(dryRun), resume: String(resumes) };
      return (await administration.send('POST', pathOf(job, 'run'), { query, signal }))['run'] as RunView;
    },
    cancel: async (job) => (await administration.send('DELETE', pathOf(job, 'run'), { signal }))['run'] as RunView,
    watch: async (job) => watchEvents(administration.events(pathOf(job, 'events'), { signal })),
  };
}

async function* watchEvents(events: ReturnType<RemoteAdministration['events']>): AsyncGenerator<WatchEvent> {
  for await (const { event, data } of events) {
    if (event === 'progress' || event === 'end') yield { type: event, run: data as unknown as RunView };
    if (event === 'stop') yield { type: 'stop' };
  }
}

/**
 * Runs what a command does with jobs.
 * @throws ClientFailure, and what opening a storage throws
 */
export function withJobs(
  target: AdminTarget & { readonly kind: string; readonly changes: boolean; readonly stopNote?: string },
  program: Program,
  action: (jobs: Jobs) => Promise<ExitCode | void>,
): Promise<ExitCode | void> {
  return administrate(target, program, {
    local: (administration, signal) => action(localJobs(administration, signal)),
    remote: (administration, signal) => action(remoteJobs(administration, signal)),
  });
}

/** How a run goes on until it has ended, also beyond an hour. */
export async function* followRun(jobs: Pick<Jobs, 'watch'>, job: string): AsyncGenerator<RunView> {
  for (;;) {
    for await (const event of await jobs.watch(job)) {
      if (event.type === 'progress' || event.type === 'end') yield event.run;
      if (event.type === 'end') return;
    }
  }
}
