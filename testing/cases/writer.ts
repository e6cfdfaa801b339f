import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { DriverWriter } from '../../core/driver/index.ts';
import {
  assertBytes,
  assertFails,
  at,
  bodyOf,
  content,
  type DriverCase,
  KIB,
  MIB,
  names,
  readAll,
} from '../driver-case.ts';

const END: Readonly<Record<string, (writer: DriverWriter) => Promise<void>>> = {
  close: async (writer) => writer[Symbol.asyncDispose](),
  commit: (writer) => writer.commit(),
  cancel: (writer) => writer.cancel(),
};

export const writerCases: readonly DriverCase[] = [
  {
    title: 'uncommitted bytes are visible or not, as capabilities.hidesUncommitted says',
    group: 'visibility',
    proves: 'hidesUncommitted',
    run: async ({ driver }) => {
      await using writer = await driver.openWriter(at('/folder/file'), { append: false });
      await writer.append(bodyOf(content(MIB)));
      const before = await driver.stat(at('/folder/file'));
      assert.equal(before?.size, driver.capabilities.hidesUncommitted ? undefined : MIB);
      await writer.commit();
      assert.equal((await driver.stat(at('/folder/file')))?.size, MIB);
      assertBytes(await readAll(driver, '/folder/file'), content(MIB));
    },
  },
  {
    title: 'committed content under a new writer stays until commit if bytes are hidden, and is gone otherwise',
    group: 'visibility',
    proves: 'staysUntilCommit',
    run: async ({ driver }) => {
      const isHidden = driver.capabilities.hidesUncommitted;
      await driver.write(at('/folder/old'), content(9));
      await using writer = await driver.openWriter(at('/folder/old'), { append: false });
      await using fresh = await driver.openWriter(at('/folder/new'), { append: false });
      await writer.append(bodyOf(content(5, 2)));
      await fresh.append(bodyOf(content(5, 3)));
      assertBytes(await readAll(driver, '/folder/old'), isHidden ? content(9) : content(5, 2));
      assert.deepEqual(await names(driver, '/folder'), isHidden ? ['old'] : ['new', 'old']);
      await fresh.cancel();
      await writer.commit();
      assert.deepEqual(await names(driver, '/folder'), ['old']);
      assertBytes(await readAll(driver, '/folder/old'), content(5, 2));
    },
  },
  {
    title: 'cancel removes every byte, including those of earlier writers',
    group: 'streams',
    proves: 'cancel',
    run: async ({ driver }) => {
      await using first = await driver.openWriter(at('/folder/file'), { append: false });
      await first.append(bodyOf(content(MIB)));
      await first[Symbol.asyncDispose]();
      await using second = await driver.openWriter(at('/folder/file'), { append: true });
      await second.append(bodyOf(content(MIB)));
      await second.cancel();
      assert.equal(await driver.stat(at('/folder/file')), undefined);
      const again = driver.openWriter(at('/folder/file'), { append: true });
      await assertFails(again, 'not-found', { driver, path: '/folder/file' });
    },
  },
  {
    title: 'cancel leaves the earlier content of the path, where uncommitted bytes are hidden',
    group: 'streams',
    claim: 'hidesUncommitted',
    proves: 'staysUntilCommit',
    run: async ({ driver }) => {
      await driver.write(at('/file'), content(8));
      await using writer = await driver.openWriter(at('/file'), { append: false });
      await writer.append(bodyOf(content(16, 2)));
      await writer.cancel();
      assertBytes(await readAll(driver, '/file'), content(8));
    },
  },
  {
    title: 'commit leaves nothing to resume once its file was moved away',
    group: 'streams',
    proves: 'resumeMissing',
    run: async ({ driver }) => {
      const writer = await driver.openWriter(at('/folder/file'), { append: false });
      await writer.append(bodyOf(content(8)));
      await writer.commit();
      await writer[Symbol.asyncDispose]();
      await driver.move(at('/folder/file'), at('/blob'));
      const again = driver.openWriter(at('/folder/file'), { append: true });
      await assertFails(again, 'not-found', { driver, path: '/folder/file' });
      assertBytes(await readAll(driver, '/blob'), content(8));
    },
  },
  ...Object.entries(END).map(
    ([name, end]): DriverCase => ({
      title: `after ${name} a writer answers closed, and may be disposed again`,
      group: 'streams',
      proves: 'closed',
      run: async ({ driver }) => {
        const writer = await driver.openWriter(at('/file'), { append: false });
        await writer.append(bodyOf(content(3)));
        await end(writer);
        const place = { driver, path: '/file' };
        await assertFails(writer.append(bodyOf(content(3))), 'closed', place);
        await assertFails(writer.commit(), 'closed', place);
        await assertFails(writer.cancel(), 'closed', place);
        await writer[Symbol.asyncDispose]();
        await writer[Symbol.asyncDispose]();
        await driver.delete(at('/file')).catch(() => undefined);
      },
    }),
  ),
  {
    title: 'a body that fails in the middle keeps a prefix, and the writer stays usable',
    group: 'faults',
    proves: 'appendPrefix',
    run: async ({ driver }) => {
      const failure = new Error('the client has gone');
      const bytes = content(700 * KIB);
      await using writer = await driver.openWriter(at('/file'), { append: false });
      const broken = (async function* () {
        for (let start = 0; start < bytes.byteLength; start += 100_000) yield bytes.subarray(start, start + 100_000);
        throw failure;
      })();
      await assert.rejects(writer.append(broken), (error) => error === failure);
      const kept = writer.size;
      assert.ok(kept <= bytes.byteLength);
      await writer.append(bodyOf(bytes.subarray(kept), content(5, 2)));
      await writer.commit();
      assertBytes(await readAll(driver, '/file'), Buffer.concat([bytes, content(5, 2)]));
    },
  },
  {
    title: 'the next writer can resume after the bytes of a failed body',
    group: 'faults',
    proves: 'keepsBytes',
    run: async ({ driver }) => {
      const bytes = content(300 * KIB);
      const broken = (async function* () {
        yield bytes.subarray(0, 200_000);
        throw new Error('the client has gone');
      })();
      const first = await driver.openWriter(at('/file'), { append: false });
      await assert.rejects(first.append(broken), { message: 'the client has gone' });
      const kept = first.size;
      await first[Symbol.asyncDispose]();
      await using second = await driver.openWriter(at('/file'), { append: true });
      assert.equal(second.size, kept);
      await second.append(bodyOf(bytes.subarray(kept)));
      await second.commit();
      assertBytes(await readAll(driver, '/file'), bytes);
    },
  },
  {
    title: 'the signal ends an append whose body is silent, and the bytes before are a prefix',
    group: 'faults',
    proves: 'appendPrefix',
    run: async ({ driver }) => {
      const controller = new AbortController();
      const waiting = new EventTarget();
      const silent = (async function* () {
        yield content(1000);
        waiting.dispatchEvent(new Event('silent'));
        await new Promise(() => undefined);
      })();
      const isSilent = once(waiting, 'silent');
      await using writer = await driver.openWriter(at('/file'), { append: false });
      const append = writer.append(silent, { signal: controller.signal });
      await isSilent;
      controller.abort();
      await assertFails(append, 'aborted', { driver, path: '/file' });
      await writer.append(bodyOf(content(1000).subarray(writer.size)));
      await writer.commit();
      assertBytes(await readAll(driver, '/file'), content(1000));
    },
  },
];
