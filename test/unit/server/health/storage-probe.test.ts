import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { DriverError } from '../../../../core/driver/index.ts';
import { StorageProbe } from '../../../../server/health/storage-probe.ts';

const silent = (): void => undefined;

/** A log that keeps its messages. */
function recorder() {
  const lines: string[] = [];
  const note = (_: unknown, message: string): void => void lines.push(message);
  return { lines, log: { debug: silent, info: note, warn: note, error: note } };
}

test('requests at the same time, or soon after, share the answer of one call', async (t) => {
  let calls = 0;
  const answered = Promise.withResolvers<undefined>();
  const stat = (): Promise<undefined> => {
    calls += 1;
    return answered.promise;
  };
  const probe = new StorageProbe({ stat }, { log: recorder().log, freshMs: 60_000 });
  const asked = Promise.all(Array.from({ length: 100 }, () => probe.check()));
  answered.resolve(undefined);
  t.deepEqual(new Set(await asked), new Set([undefined]));
  t.is(await probe.check(), undefined);
  t.is(calls, 1);
});

test('an error of the storage is reported by its code, logged once, and forgotten when the storage answers again', async (t) => {
  const { lines, log } = recorder();
  const answers: (DriverError | Error | undefined)[] = [
    undefined,
    new DriverError('denied'),
    new DriverError('denied'),
    new Error('of another kind'),
    undefined,
  ];
  const stat = async (): Promise<undefined> => {
    const error = answers.shift();
    if (error !== undefined) throw error;
  };
  const probe = new StorageProbe({ stat }, { log, freshMs: 0 });
  const told: (string | undefined)[] = [];
  while (answers.length > 0) told.push(await probe.check());
  t.deepEqual(told, [undefined, 'denied', 'denied', 'unavailable', undefined]);
  t.deepEqual(lines, [
    'the storage cannot be read or written: this instance is not ready',
    'the storage does not answer: this instance is not ready',
    'the storage answers again',
  ]);
});

test('a storage that hangs is a timeout, its calls do not pile up, and it recovers', async (t) => {
  const hanging: (() => void)[] = [];
  let hangs = true;
  const stat = (): Promise<undefined> =>
    hangs ? new Promise((resolve) => hanging.push(() => resolve(undefined))) : Promise.resolve(undefined);
  const probe = new StorageProbe({ stat }, { log: recorder().log, freshMs: 0, limitMs: 5 });
  for (let count = 0; count < 10; count += 1) t.is(await probe.check(), 'timeout');
  t.is(hanging.length, 3);
  hangs = false;
  for (const end of hanging) end();
  while ((await probe.check()) !== undefined) await delay(1);
  t.is(await probe.check(), undefined);
});

test('a driver that obeys the signal is not left with an abandoned call', async (t) => {
  const stat = (_: unknown, options: { signal?: AbortSignal | undefined } = {}): Promise<undefined> =>
    new Promise((_resolve, reject) => {
      options.signal?.addEventListener('abort', () => {
        reject(new DriverError('aborted'));
        ended.resolve();
      });
    });
  const ended = Promise.withResolvers<void>();
  const probe = new StorageProbe({ stat }, { log: recorder().log, limitMs: 5 });
  t.is(await probe.check(), 'timeout');
  await ended.promise;
});

test('a storage that answers but is full, or cannot be read, is reported; whether it can be written is checked each time', async (t) => {
  const { lines, log } = recorder();
  const asked: unknown[] = [];
  let isWritten = true;
  const driver = {
    stat: async () => undefined,
    check: async (folders: readonly string[], options: { writes?: boolean | undefined } = {}) => {
      asked.push([...folders, options.writes]);
      if (options.writes === true) throw new DriverError('no-space');
    },
  };
  const probe = new StorageProbe(driver, { log, freshMs: 0, isWritten: () => isWritten });
  t.is(await probe.check(), 'no-space');
  isWritten = false;
  t.is(await probe.check(), undefined);
  const blobs = '/docker/registry/v2/blobs';
  const folders = ['/docker/registry/v2/repositories', blobs, `${blobs}/sha256`];
  t.deepEqual(asked, [
    [...folders, true],
    [...folders, false],
  ]);
  t.deepEqual(lines, ['the storage is full: this instance is not ready', 'the storage answers again']);
  t.is(await new StorageProbe(driver, { log, freshMs: 0 }).check(), undefined);
});
