import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { auditLines } from '../../../helpers/http/audited-registry.ts';
import { digestOf } from '../../../helpers/http/with-registry.ts';
import { WorkerConnection, withWorkers } from '../../../helpers/http/with-workers.ts';
import { until } from '../../../helpers/running/until.ts';

const SETTINGS = { audit: { file: 'audit.log', events: ['push'] } };

test('a rotation by rename and SIGHUP loses no record of two workers under load, and mixes no lines', async (t) => {
  const running = await withWorkers(t, {}, { log: SETTINGS });
  const file = join(running.folder, 'audit.log');
  const pushed: string[] = [];
  let isOver = false;
  const push = async (connection: WorkerConnection, name: string): Promise<void> => {
    for (let index = 0; !isOver; index++) {
      const body = `${name} ${index}`;
      const answer = await connection.ask('POST', `/v2/${name}/blobs/uploads/?digest=${digestOf(body)}`, { body });
      t.is(answer.status, 201);
      pushed.push(digestOf(body));
    }
  };
  const [one, other] = await WorkerConnection.pair(t, running);
  const pushing = [push(one, 'one'), push(other, 'other')];
  for (let rotation = 1; rotation <= 3; rotation++) {
    const before = pushed.length;
    await until('there are records', () => pushed.length > before + 20);
    await rename(file, `${file}.${rotation}`);
    running.signal('SIGHUP');
    await until('a new file has records', async () => (await auditLines(file)).length > 0);
  }
  isOver = true;
  await Promise.all(pushing);
  running.signal('SIGTERM');
  await running.finished;
  const names = [`${file}.1`, `${file}.2`, `${file}.3`, file];
  const lines = (await Promise.all(names.map(auditLines))).flat();
  t.deepEqual(lines.map(({ digest }) => digest).sort(), pushed.toSorted());
});

test('a reload changes what is recorded and where, in all workers; a file that cannot be opened is refused', async (t) => {
  const running = await withWorkers(t, {}, { log: SETTINGS });
  const [one, other] = await WorkerConnection.pair(t, running);
  const push = async (name: string): Promise<void> => {
    for (const connection of [one, other]) {
      const body = `${name} ${connection.worker}`;
      await connection.ask('POST', `/v2/${name}/blobs/uploads/?digest=${digestOf(body)}`, { body });
    }
  };
  const repositoriesIn = async (file: string): Promise<unknown[]> =>
    (await auditLines(join(running.folder, file))).map(({ repository }) => repository);
  await push('first');
  await running.configure({ log: { audit: { file: 'other.log', events: ['push'] } } });
  running.signal('SIGHUP');
  await running.logged(/log\.audit was changed/);
  await until('the other file is in use', async () => {
    await push('second');
    return (await repositoriesIn('other.log')).length > 1;
  });
  await running.configure({ log: { audit: { file: 'none/audit.log', events: ['push'] } } });
  running.signal('SIGHUP');
  await running.logged(/log\.audit\.file cannot be opened for writing: [^"]*none\/audit\.log[^"]*; create its folder/);
  await running.logged(/the previous one stays in effect/);
  await push('third');
  running.signal('SIGTERM');
  await running.finished;
  t.deepEqual(new Set(await repositoriesIn('audit.log')).has('first'), true);
  t.deepEqual((await repositoriesIn('other.log')).slice(-2), ['third', 'third']);
});
