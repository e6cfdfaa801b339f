import type { JobAdministration } from '../../administration/job-administration.ts';
import type { JobWatches, WatchEvent } from '../../administration/job-watches.ts';
import type { RunView } from '../../administration/run-view.ts';
import type { Context } from '../../http/request-scope.ts';
import { sendJson } from '../../http/responses.ts';
import { type ServerSentEvent, sendEvents, setEventHeaders } from '../../http/send-events.ts';
import type { Handler, Handlers } from '../route-context.ts';
import { queryFlag } from './query-flag.ts';

/** The jobs. */
export function adminJobsRoutes(jobs: JobAdministration): Handlers<'admin-jobs'> {
  const list: Handler<'admin-jobs'> = async ({ ctx }) => {
    sendJson(ctx, 200, JSON.stringify({ jobs: await jobs.list() }));
  };
  return { GET: list, HEAD: list };
}

/** The run of a job: it can be begun and cancelled. */
export function adminJobRunRoutes(jobs: JobAdministration): Handlers<'admin-job-run'> {
  return {
    POST: async ({ ctx, parameters: { job } }) => {
      const { query } = ctx.state;
      const wanted = { dryRun: queryFlag(query, 'dry-run'), resumes: queryFlag(query, 'resume') };
      sendRun(ctx, { job, run: await jobs.run(job, wanted) });
    },
    DELETE: async ({ ctx, parameters: { job } }) => sendRun(ctx, { job, run: await jobs.cancel(job) }),
  };
}

/** How far the run of a job is, as it goes on. */
export function adminJobEventsRoutes(
  jobs: Pick<JobAdministration, 'require'>,
  watches: JobWatches,
): Handlers<'admin-job-events'> {
  return {
    GET: async ({ ctx, parameters, call }) => {
      const { job } = jobs.require(parameters.job);
      await sendEvents(ctx, serverSent(await watches.watch(job.name, call.signal ?? NEVER)));
    },
    HEAD: async ({ ctx, parameters }) => {
      jobs.require(parameters.job);
      ctx.body = null;
      setEventHeaders(ctx);
    },
  };
}

const NEVER = new AbortController().signal;

function sendRun(ctx: Context, answer: { readonly job: string; readonly run: RunView }): void {
  sendJson(ctx, 202, JSON.stringify(answer));
}

async function* serverSent(events: AsyncIterable<WatchEvent>): AsyncGenerator<ServerSentEvent> {
  for await (const event of events) {
    if (event.type === 'unchanged') yield {};
    else if (event.type === 'stop') yield { event: 'stop' };
    else yield { event: event.type, data: JSON.stringify(event.run) };
  }
}
