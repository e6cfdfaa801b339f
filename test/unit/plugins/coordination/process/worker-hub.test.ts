import test from 'ava';
import type { Channel } from '../../../../../plugins/coordination/process/channel.ts';
import { ClusterBroadcast } from '../../../../../plugins/coordination/process/cluster-broadcast.ts';
import { ClusterLocks } from '../../../../../plugins/coordination/process/cluster-locks.ts';
import { WorkerHub } from '../../../../../plugins/coordination/process/worker-hub.ts';
import { joinedChannels } from '../../../../helpers/processes/joined-channels.ts';

function workers(count: number) {
  const hub = new WorkerHub();
  const running = Array.from({ length: count }, () => {
    const [primaryEnd, workerEnd] = joinedChannels();
    hub.join(primaryEnd);
    return { primaryEnd, locks: new ClusterLocks(workerEnd), broadcast: new ClusterBroadcast(workerEnd) };
  });
  return { hub, running: running as [Worker, Worker, ...Worker[]] };
}

interface Worker {
  readonly primaryEnd: Channel;
  readonly locks: ClusterLocks;
  readonly broadcast: ClusterBroadcast;
}

test('a lock that one worker holds is refused to all workers, including itself', async (t) => {
  const { running } = workers(2);
  const lock = await running[0].locks.tryAcquire('upload:1');
  t.truthy(lock);
  t.is(await running[1].locks.tryAcquire('upload:1'), undefined);
  t.is(await running[0].locks.tryAcquire('upload:1'), undefined);
  t.truthy(await running[1].locks.tryAcquire('upload:2'));
});

test('of many workers that want one lock at once, exactly one gets it', async (t) => {
  const { running } = workers(5);
  const locks = await Promise.all(running.map((worker) => worker.locks.tryAcquire('upload:1')));
  t.is(locks.filter((lock) => lock !== undefined).length, 1);
});

test('a released lock is free for another worker, and a second release does not take it away', async (t) => {
  const { running } = workers(2);
  const lock = await running[0].locks.tryAcquire('upload:1');
  await lock?.[Symbol.asyncDispose]();
  t.truthy(await running[1].locks.tryAcquire('upload:1'));
  await lock?.[Symbol.asyncDispose]();
  t.is(await running[0].locks.tryAcquire('upload:1'), undefined);
});

test('the locks of a worker that has ended are free, and only those', async (t) => {
  const { hub, running } = workers(3);
  const [first, second, third] = running;
  t.truthy(await first.locks.tryAcquire('upload:1'));
  t.truthy(await second.locks.tryAcquire('upload:2'));
  hub.leave(first.primaryEnd);
  t.truthy(await third?.locks.tryAcquire('upload:1'));
  t.is(await third?.locks.tryAcquire('upload:2'), undefined);
});

test('a message is published when every other worker has acted on it, and does not come back', async (t) => {
  const { running } = workers(3);
  const heard: string[] = [];
  for (const [index, { broadcast }] of running.entries()) {
    broadcast.subscribe('cache', (text) => void heard.push(`${index} ${text}`));
    broadcast.subscribe('other', () => t.fail('another subject was heard'));
  }
  await running[0].broadcast.publish('cache', 'library/a@sha256:1 with a space');
  t.deepEqual(heard.toSorted(), ['1 library/a@sha256:1 with a space', '2 library/a@sha256:1 with a space']);
});

test('a message does not wait for a worker that ends before receiving it', async (t) => {
  const { hub, running } = workers(2);
  const published = running[0].broadcast.publish('cache', 'x');
  hub.leave(running[1].primaryEnd);
  await published;
  t.pass();
});
