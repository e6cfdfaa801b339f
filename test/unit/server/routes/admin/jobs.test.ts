import test, { type ExecutionContext } from 'ava';
import { makeOld } from '../../../../helpers/content/old-garbage.ts';
import { assertError } from '../../../../helpers/http/assert-error.ts';
import { fieldsOf, withAudit } from '../../../../helpers/http/audited-registry.ts';
import { allOf, receivedEvents } from '../../../../helpers/http/event-stream.ts';
import { type Answer, openRequest } from '../../../../helpers/http/http-request.ts';
import { expectStatus, type Registry, withRegistry } from '../../../../helpers/http/with-registry.ts';
import { WorkerConnection, withWorkers } from '../../../../helpers/http/with-workers.ts';
import { until } from '../../../../helpers/running/until.ts';
import { WITH_ADMINISTRATION } from '../access-cases.ts';

const JOBS = '/v2/_ext/admin/jobs';
const GC = { run: `${JOBS}/gc/run`, events: `${JOBS}/gc/events` };

interface JobFields {
  readonly name: string;
  readonly run?: Readonly<Record<string, unknown>>;
}

function runIn({ text }: Pick<Answer, 'text'>): Readonly<Record<string, unknown>> {
  return (JSON.parse(text) as { run: Readonly<Record<string, unknown>> }).run;
}

async function runOf(
  registry: { ask(method: string, path: string): Promise<Pick<Answer, 'text'>> },
  job: string,
): Promise<JobFields['run']> {
  const { jobs } = JSON.parse((await registry.ask('GET', JOBS)).text) as { jobs: readonly JobFields[] };
  return jobs.find(({ name }) => name === job)?.run;
}

/** A registry whose collection waits an hour before it removes what it has found. */
async function withLongCollection(t: ExecutionContext): Promise<Registry> {
  const storage = { filesystem: {}, maintenance: { gc: { enabled: false, grace: '1h' } } };
  const registry = await withRegistry(t, { storage, others: WITH_ADMINISTRATION });
  await registry.pushBlob('app', 'garbage');
  await makeOld(registry.root);
  return registry;
}

/** Until it waits, a run may be anywhere. */
async function beginCollection(registry: Registry): Promise<void> {
  expectStatus(await registry.ask('POST', GC.run), 202);
  await until('it has begun', async () => (await runOf(registry, 'gc'))?.['progress'] !== undefined);
}

test('a job that is run by hand is listed with its result', async (t) => {
  const registry = await withRegistry(t, { others: WITH_ADMINISTRATION });
  const begun = expectStatus(await registry.ask('POST', `${JOBS}/upload-purge/run`), 202);
  t.like(runIn(begun), { state: 'running', dryRun: false });
  await until('it has ended', async () => (await runOf(registry, 'upload-purge'))?.['state'] === 'completed');
  t.like(await runOf(registry, 'upload-purge'), { report: { removed: 0, failed: 0 }, dryRun: false });
});

test('a dry run by hand is listed, and delays no scheduled run', async (t) => {
  const registry = await withRegistry(t, { others: WITH_ADMINISTRATION });
  const next = async (): Promise<unknown> => {
    const { jobs } = JSON.parse((await registry.ask('GET', JOBS)).text) as { jobs: readonly Record<string, unknown>[] };
    return jobs.find(({ name }) => name === 'upload-purge')?.['nextRunAt'];
  };
  expectStatus(await registry.ask('POST', `${JOBS}/upload-purge/run?dry-run=true`), 202);
  await until('it has ended', async () => (await runOf(registry, 'upload-purge'))?.['state'] === 'completed');
  t.like(await runOf(registry, 'upload-purge'), { dryRun: true });
  t.true(Date.parse(String(await next())) <= Date.now());
});

test('a run is followed as it goes on, and ends as cancelled when an administrator cancels it', async (t) => {
  const registry = await withLongCollection(t);
  await beginCollection(registry);
  const request = openRequest(registry, 'GET', GC.events);
  request.end();
  const events = receivedEvents(request);
  const first = await events.next();
  t.like(first.value, { event: 'progress', data: { state: 'running', dryRun: false } });
  assertError(t, await registry.ask('POST', GC.run), 409, 'UNSUPPORTED');
  t.like(runIn(expectStatus(await registry.ask('DELETE', GC.run), 202)), { state: 'running' });
  const rest = await allOf(events);
  t.like(rest.at(-1), { event: 'end', data: { state: 'cancelled' } });
  t.like(await runOf(registry, 'gc'), { state: 'cancelled' });
  assertError(t, await registry.ask('DELETE', GC.run), 409, 'UNSUPPORTED');
  const again = openRequest(registry, 'GET', GC.events);
  again.end();
  t.like(await allOf(receivedEvents(again)), [{ event: 'end', data: { state: 'cancelled' } }]);
});

test('clients that watch a job do not delay the stop of the registry, and are told', async (t) => {
  const registry = await withLongCollection(t);
  await beginCollection(registry);
  const request = openRequest(registry, 'GET', GC.events);
  request.end();
  const events = receivedEvents(request);
  await events.next();
  const stopped = registry.stop();
  // Either the watch sees the run end, or it ends before that.
  t.true(['stop', 'end'].includes((await allOf(events)).at(-1)?.event ?? ''));
  await stopped;
});

test('HEAD of the events says what they are, and a job without a run has none', async (t) => {
  const registry = await withRegistry(t, { others: WITH_ADMINISTRATION });
  const head = await registry.ask('HEAD', GC.events);
  t.is(head.status, 200);
  t.is(head.headers['content-type'], 'text/event-stream');
  t.is(head.headers['cache-control'], 'no-store');
  assertError(t, await registry.ask('GET', GC.events), 404, 'UNSUPPORTED');
});

test('a job that does not exist, and a parameter that is neither true nor false, are refused with what is wrong', async (t) => {
  const registry = await withRegistry(t, { others: WITH_ADMINISTRATION });
  for (const [method, path] of [
    ['POST', 'none/run'],
    ['DELETE', 'none/run'],
    ['GET', 'none/events'],
  ] as const) {
    const [error] = assertError(t, await registry.ask(method, `${JOBS}/${path}`), 404, 'UNSUPPORTED');
    t.is(error?.message, 'there is no such job');
  }
  const [error] = assertError(t, await registry.ask('POST', `${GC.run}?dry-run=yes`), 400, 'UNSUPPORTED');
  t.is(error?.message, 'invalid query: "dry-run" must be true or false');
});

test('a run that is begun by hand is recorded in the audit log with its request', async (t) => {
  const { registry, recorded } = await withAudit(t, { others: WITH_ADMINISTRATION, audit: { events: ['admin'] } });
  expectStatus(await registry.ask('POST', `${JOBS}/upload-purge/run?dry-run=true`), 202);
  await registry.ask('DELETE', `${JOBS}/none/run`);
  t.deepEqual(fieldsOf(await recorded(), 'action', 'outcome', 'request', 'status'), [
    { action: 'admin', outcome: 'allowed', request: `POST ${JOBS}/upload-purge/run`, status: 202 },
    { action: 'admin', outcome: 'failed', request: `DELETE ${JOBS}/none/run`, status: 404 },
  ]);
});

test('a worker cancels the run of another worker at once, and shows how far it is', async (t) => {
  const storage = { maintenance: { gc: { enabled: false, grace: '1h' } } };
  const running = await withWorkers(t, {}, { storage, others: WITH_ADMINISTRATION });
  const [one, other] = await WorkerConnection.pair(t, running);
  t.is(
    (
      await one.ask(
        'POST',
        '/v2/app/blobs/uploads/?digest=sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb',
        { body: 'a' },
      )
    ).status,
    201,
  );
  await makeOld(`${running.folder}/root`);
  t.is((await one.ask('POST', GC.run)).status, 202);
  await until('the other worker sees it', async () => (await runOf(other, 'gc'))?.['state'] === 'running');
  t.is((await other.ask('POST', GC.run)).status, 409);
  t.is((await other.ask('DELETE', GC.run)).status, 202);
  await until('it has ended', async () => (await runOf(other, 'gc'))?.['state'] === 'cancelled', 4_000);
  t.pass();
});
