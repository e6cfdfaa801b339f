import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import test from 'ava';
import { DriverError, type ReadOptions, type StorageDriver, type StoragePath } from '../../../core/driver/index.ts';
import { MemoryDriver } from '../../../drivers/memory/memory-driver.ts';
import { proveDriver } from '../../../testing/prove-driver.ts';

/** Frees content as soon as it is replaced or deleted: streams that are open fail. */
class FreesAtOnce extends MemoryDriver {
  readonly #versions = new Map<StoragePath, number>();

  override async read(path: StoragePath, options?: ReadOptions): Promise<Readable> {
    const version = this.#versions.get(path);
    const stream = await super.read(path, options);
    const checked = async function* (this: FreesAtOnce): AsyncGenerator<Uint8Array, void, undefined> {
      await nextTurn();
      for await (const chunk of stream as AsyncIterable<Uint8Array>) {
        if (this.#versions.get(path) !== version) throw new DriverError('conflict', { path });
        yield chunk;
      }
    };
    return Readable.from(checked.call(this), { objectMode: false });
  }

  override async write(...given: Parameters<StorageDriver['write']>): Promise<void> {
    await super.write(...given);
    this.#changed(given[0]);
  }

  override async move(from: StoragePath, to: StoragePath): Promise<void> {
    await super.move(from, to);
    this.#changed(to);
  }

  #changed(path: StoragePath): void {
    this.#versions.set(path, (this.#versions.get(path) ?? 0) + 1);
  }
}

/** Refuses to open content while it is replaced. */
class RefusesToOpen extends MemoryDriver {
  readonly #replaced = new Set<StoragePath>();

  override async read(path: StoragePath, options?: ReadOptions): Promise<Readable> {
    if (this.#replaced.has(path)) throw new DriverError('conflict', { path });
    return super.read(path, options);
  }

  override async write(...given: Parameters<StorageDriver['write']>): Promise<void> {
    this.#replaced.add(given[0]);
    await nextTurn();
    try {
      await super.write(...given);
    } finally {
      this.#replaced.delete(given[0]);
    }
  }
}

async function failuresOf(Driver: new () => StorageDriver): Promise<string[]> {
  const create = async () => {
    const driver = new Driver();
    return { driver, dispose: async () => driver[Symbol.asyncDispose]() };
  };
  const results = await proveDriver({ create, cases: ['replace', 'rewritten', 'peek', 'repeatedly', 'concurrency: '] });
  return results.filter(({ outcome }) => outcome === 'failed').map(({ title, message }) => `${title}: ${message}`);
}

test('a driver that frees content as soon as it is replaced passes: its open streams may fail', async (t) => {
  t.deepEqual(await failuresOf(FreesAtOnce), []);
});

test('a driver that cannot open a path while it is replaced is found', async (t) => {
  const [failure, ...others] = await failuresOf(RefusesToOpen);
  t.regex(String(failure), /^readers see the old or the new content of a path that is rewritten repeatedly: /);
  t.regex(String(failure), /A call that must succeed has failed: DriverError: inmemory: conflict "\/file"/);
  t.true(
    others.every((other) => other.startsWith('readers at many offsets ')),
    others.join('\n'),
  );
});
