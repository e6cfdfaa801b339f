import assert from 'node:assert/strict';
import type { Readable } from 'node:stream';
import type { CallOptions, StorageDriver } from '../../core/driver/index.ts';
import { at, bodyOf, content, type DriverCase, MIB } from '../driver-case.ts';

/** Each call that takes a signal, on a path of its own. What it opens is closed. */
const CALLS: Readonly<Record<string, (driver: StorageDriver, options: CallOptions) => Promise<unknown>>> = {
  stat: (driver, options) => driver.stat(at('/files/stat'), options),
  read: async (driver, options) => ((await driver.read(at('/files/read'), options)) as Readable).destroy(),
  write: (driver, options) => driver.write(at('/files/write'), content(100), options),
  openWriter: async (driver, options) => {
    await using _ = await driver.openWriter(at('/files/openWriter'), { append: true, ...options });
  },
  list: (driver, options) => driver.list(at('/files'), options)[Symbol.asyncIterator]().next(),
  move: (driver, options) => driver.move(at('/files/move'), at('/files/moved'), options),
  delete: (driver, options) => driver.delete(at('/files/delete'), options),
};

/**
 * Makes a call whose signal aborts as soon as the call has started. A call that is answered without waiting may succeed; a call
 * that waits must fail.
 */
async function assertEnds(name: string, call: (options: CallOptions) => Promise<unknown>): Promise<void> {
  const controller = new AbortController();
  let isWaiting = false;
  const turn = setImmediate(() => {
    isWaiting = true;
  });
  const running = call({ signal: controller.signal }).then(
    () => true,
    () => false,
  );
  controller.abort(new Error('the client has gone'));
  const hasSucceeded = await running;
  clearImmediate(turn);
  assert.ok(
    !(hasSucceeded && isWaiting),
    `${name} waited for its backend to the end, and succeeded, though its signal was aborted while it waited`,
  );
}

export const signalCases: readonly DriverCase[] = [
  {
    title: 'the driver itself ends each call whose signal aborts while it waits for a remote backend',
    group: 'faults',
    proves: 'signalPassedOn',
    locality: 'remote',
    run: async ({ driver, unguarded }) => {
      for (const name of ['stat', 'read', 'move', 'delete']) await driver.write(at(`/files/${name}`), content(100));
      for (const name of ['openWriter', 'append']) {
        await using writer = await driver.openWriter(at(`/files/${name}`), { append: false });
        await writer.append(bodyOf(content(10)));
      }
      for (const [name, call] of Object.entries(CALLS)) await assertEnds(name, (options) => call(unguarded, options));
      const writer = await unguarded.openWriter(at('/files/append'), { append: true });
      const chunks = Array.from({ length: 8 }, (_, seed) => content(MIB, seed));
      await assertEnds('append', (options) => writer.append(bodyOf(...chunks), options));
      await writer.cancel();
    },
  },
];
