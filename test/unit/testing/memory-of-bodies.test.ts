import test from 'ava';
import { type DriverWriter, ForwardingDriver, type StorageDriver } from '../../../core/driver/index.ts';
import filesystem from '../../../drivers/filesystem/index.ts';
import { backpressureCases } from '../../../testing/cases/backpressure.ts';
import { bodyOf } from '../../../testing/driver-case.ts';
import { proveCase } from '../../../testing/prove-case.ts';
import { pluginContext } from '../../helpers/drivers/driver-options.ts';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';

type Append = (writer: DriverWriter, body: AsyncIterable<Uint8Array>) => Promise<void>;

/** The filesystem driver whose writers take bodies in another way. */
class Appending extends ForwardingDriver {
  readonly #append: Append;

  constructor(inner: StorageDriver, append: Append) {
    super(inner);
    this.#append = append;
  }

  override async openWriter(...given: Parameters<StorageDriver['openWriter']>): Promise<DriverWriter> {
    const writer = await super.openWriter(...given);
    return Object.assign(Object.create(writer) as DriverWriter, {
      append: (body: AsyncIterable<Uint8Array>) => this.#append(writer, body),
      commit: writer.commit.bind(writer),
      cancel: writer.cancel.bind(writer),
      [Symbol.asyncDispose]: () => writer[Symbol.asyncDispose](),
    });
  }
}

const GREEDY: Readonly<Record<string, Append>> = {
  'collects a body before it stores it': async (writer, body) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(chunk);
    await writer.append(bodyOf(...chunks));
  },
  'begins to store each chunk, and waits for none': async (writer, body) => {
    let stored = Promise.resolve();
    for await (const chunk of body) stored = stored.then(() => writer.append(bodyOf(chunk)));
    await stored;
  },
  'copies a body before it stores it': async (writer, body) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(Buffer.from(chunk));
    await writer.append(bodyOf(...chunks));
  },
};

for (const [what, append] of Object.entries(GREEDY)) {
  test.serial(`a driver that ${what} holds too much in memory`, async (t) => {
    const create = async () => {
      const inner = await filesystem.create({ rootdirectory: await tempRoot(t), maxthreads: 25 }, pluginContext());
      const driver = new Appending(inner, append);
      return { driver, dispose: async () => driver[Symbol.asyncDispose]() };
    };
    const [backpressure] = backpressureCases;
    t.truthy(backpressure);
    if (backpressure === undefined) return;
    const error = await t.throwsAsync(proveCase(backpressure, { create }));
    t.regex(error.message, /holds in memory: \d+ MiB after 64 MiB, \d+ MiB after 96 MiB, \d+ MiB after 128 MiB$/);
  });
}
