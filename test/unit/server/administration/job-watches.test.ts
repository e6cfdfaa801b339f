import test from 'ava';
import type { LastRun } from '../../../../core/jobs/last-run.ts';
import { JobWatches, type WatchEvent } from '../../../../server/administration/job-watches.ts';
import { FakeClock } from '../../../helpers/running/fake-clock.ts';

const MINUTE_MS = 60_000;

/** Watches of a run that a test describes. */
function watches() {
  const clock = new FakeClock();
  const stop = new AbortController();
  const state: { run: LastRun } = {
    run: { startedAtMs: clock.nowMs, seenAtMs: clock.nowMs, dryRun: false },
  };
  const runs = { of: async () => ({ newest: state.run, scheduled: undefined }) };
  return { clock, stop, state, watching: new JobWatches({ runs, clock, stopping: stop.signal }) };
}

const { signal } = new AbortController();

async function begin(watching: JobWatches): Promise<AsyncIterator<WatchEvent>> {
  return (await watching.watch('gc', signal))[Symbol.asyncIterator]();
}

test('a watch tells a change once, and every 15 seconds that nothing has changed', async (t) => {
  const { clock, state, watching } = watches();
  const events = await begin(watching);
  t.like((await events.next()).value, { type: 'progress', run: { state: 'running' } });
  const next = events.next();
  for (let second = 1; second < 15; second += 1) (await clock.next()).pass();
  const seconds = clock.nowMs;
  (await clock.next()).pass();
  t.deepEqual((await next).value, { type: 'unchanged' });
  t.is(clock.nowMs - seconds, 1_000);
  state.run = { ...state.run, progress: { done: 1 } };
  const changed = events.next();
  (await clock.next()).pass();
  t.like((await changed).value, { type: 'progress', run: { progress: { done: 1 } } });
  state.run = { ...state.run, outcome: 'completed', endedAtMs: clock.nowMs };
  const ended = events.next();
  (await clock.next()).pass();
  t.like((await ended).value, { type: 'end', run: { state: 'completed' } });
  t.true((await events.next()).done);
});

test('a watch ends when the registry stops, when its client has gone, and after an hour', async (t) => {
  const { clock, stop, state, watching } = watches();
  const events = await begin(watching);
  await events.next();
  clock.nowMs += 60 * MINUTE_MS;
  state.run = { ...state.run, seenAtMs: clock.nowMs };
  const hour = events.next();
  (await clock.next()).pass();
  t.deepEqual((await hour).value, { type: 'stop' });
  const left = new AbortController();
  const leaving = (await watching.watch('gc', left.signal))[Symbol.asyncIterator]();
  await leaving.next();
  left.abort();
  t.deepEqual((await leaving.next()).value, { type: 'stop' });
  const stopping = await begin(watching);
  await stopping.next();
  stop.abort();
  t.deepEqual((await stopping.next()).value, { type: 'stop' });
});

test('a run whose process gives no sign of life for 15 minutes ends its watches as lost', async (t) => {
  const { clock, watching } = watches();
  const events = await begin(watching);
  await events.next();
  clock.nowMs += 16 * MINUTE_MS;
  const lost = events.next();
  (await clock.next()).pass();
  t.like((await lost).value, { type: 'end', run: { state: 'lost' } });
});

test('at most 32 clients watch at a time, and each that leaves makes room', async (t) => {
  const { watching } = watches();
  const all = await Promise.all(Array.from({ length: 32 }, () => begin(watching)));
  await Promise.all(all.map((events) => events.next()));
  await t.throwsAsync(watching.watch('gc', signal), { code: 'TOOMANYREQUESTS' });
  await all[0]?.return?.();
  await t.notThrowsAsync(watching.watch('gc', signal));
});

test('of 40 clients that begin to watch at the same moment 32 do, and none that was refused takes a place', async (t) => {
  const { watching } = watches();
  const begun = await Promise.allSettled(Array.from({ length: 40 }, () => watching.watch('gc', signal)));
  t.is(begun.filter(({ status }) => status === 'fulfilled').length, 32);
});

test('a watch of a job that has never run takes no place, nor does one whose client has gone before the first event', async (t) => {
  const { clock, stop, state } = watches();
  const known: { newest: LastRun | undefined } = { newest: undefined };
  const runs = { of: async () => ({ ...known, scheduled: undefined }) };
  const watching = new JobWatches({ runs, clock, stopping: stop.signal });
  for (let index = 0; index < 40; index += 1)
    await t.throwsAsync(watching.watch('gc', signal), { code: 'ENTRY_UNKNOWN' });
  known.newest = state.run;
  for (let index = 0; index < 40; index += 1) {
    const left = new AbortController();
    await watching.watch('gc', left.signal);
    left.abort();
  }
  t.pass();
});
