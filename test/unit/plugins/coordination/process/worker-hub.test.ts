import test from 'ava';
import type { Channel } from '../../../../../plugins/coordination/process/channel.ts';
import { ClusterBulletin } from '../../../../../plugins/coordination/process/cluster-bulletin.ts';
import { ClusterLocks } from '../../../../../plugins/coordination/process/cluster-locks.ts';
import { WorkerHub } from '../../../../../plugins/coordination/process/worker-hub.ts';
import { joinedChannels } from '../../../../helpers/processes/joined-channels.ts';

function workers(count: number) {
  const hub = new WorkerHub();
  const crew = Array.from({ length: count }, () => {
    const [primaryEnd, workerEnd] = joinedChannels();
    hub.join(primaryEnd);
    return { primaryEnd, locks: new ClusterLocks(workerEnd), bulletin: new ClusterBulletin(workerEnd) };
  });
  return { hub, crew: crew as [Worker, Worker, ...Worker[]] };
}

interface Worker {
  readonly primaryEnd: Channel;
  readonly locks: ClusterLocks;
  readonly bulletin: ClusterBulletin;
}

test('a lock that one worker holds is refused to all, itself included', async (t) => {
  const { crew } = workers(2);
  const lock = await crew[0].locks.tryHold('upload:1');
  t.truthy(lock);
  t.is(await crew[1].locks.tryHold('upload:1'), undefined);
  t.is(await crew[0].locks.tryHold('upload:1'), undefined);
  t.truthy(await crew[1].locks.tryHold('upload:2'));
});

test('of many workers that want one lock at once, exactly one gets it', async (t) => {
  const { crew } = workers(5);
  const locks = await Promise.all(crew.map((worker) => worker.locks.tryHold('upload:1')));
  t.is(locks.filter((lock) => lock !== undefined).length, 1);
});

test('a released lock is free for another worker, and a second release does not take it away', async (t) => {
  const { crew } = workers(2);
  const lock = await crew[0].locks.tryHold('upload:1');
  await lock?.[Symbol.asyncDispose]();
  t.truthy(await crew[1].locks.tryHold('upload:1'));
  await lock?.[Symbol.asyncDispose]();
  t.is(await crew[0].locks.tryHold('upload:1'), undefined);
});

test('the locks of a worker that has ended are free, and only those', async (t) => {
  const { hub, crew } = workers(3);
  const [first, second, third] = crew;
  t.truthy(await first.locks.tryHold('upload:1'));
  t.truthy(await second.locks.tryHold('upload:2'));
  hub.leave(first.primaryEnd);
  t.truthy(await third?.locks.tryHold('upload:1'));
  t.is(await third?.locks.tryHold('upload:2'), undefined);
});

test('news is published when every other worker has acted on it, and does not come back', async (t) => {
  const { crew } = workers(3);
  const heard: string[] = [];
  for (const [index, { bulletin }] of crew.entries()) {
    bulletin.subscribe('cache', (text) => void heard.push(`${index} ${text}`));
    bulletin.subscribe('other', () => t.fail('another subject was heard'));
  }
  await crew[0].bulletin.publish('cache', 'library/a@sha256:1 with a space');
  t.deepEqual(heard.toSorted(), ['1 library/a@sha256:1 with a space', '2 library/a@sha256:1 with a space']);
});

test('news does not wait for a worker that ends before it has heard it', async (t) => {
  const { hub, crew } = workers(2);
  const published = crew[0].bulletin.publish('cache', 'x');
  hub.leave(crew[1].primaryEnd);
  await published;
  t.pass();
});
