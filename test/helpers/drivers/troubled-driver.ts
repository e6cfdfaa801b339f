import { Readable } from 'node:stream';
import {
  DRIVER_CONTRACT,
  DriverError,
  type DriverErrorCode,
  type DriverWriter,
  defineDriver,
  type OptionsSchema,
  type ReadOptions,
  type StorageDriver,
  type StoragePath,
  type WriterOptions,
} from '../../../core/driver/index.ts';
import { MemoryDriver } from '../../../drivers/memory/memory-driver.ts';

/** What a test makes go wrong; it is found by the name in the driver's options. */
export interface Trouble {
  /** Every call fails so. */
  failure?: DriverErrorCode | undefined;
  /** A reader breaks off behind so many bytes. */
  maxReadBytes?: number | undefined;
  /** An append reads its whole body, keeps none of it and fails. */
  losesAppends?: boolean | undefined;
  /** Readers that were opened and are not destroyed yet. */
  openReaders: number;
}

const troubles = new Map<string, Trouble>();
const drivers = new Map<string, TroubledDriver>();

/** A trouble of its own for a test; to be configured as the option `trouble`. Registries with the same one share their content. */
export function newTrouble(): { name: string; trouble: Trouble } {
  const name = `trouble-${troubles.size}`;
  const trouble: Trouble = { openReaders: 0 };
  troubles.set(name, trouble);
  return { name, trouble };
}

/** The path by which a configuration names this driver. */
export const TROUBLED_DRIVER = new URL('troubled-driver.js', import.meta.url).pathname;

/** The memory driver with the troubles that a test asks for. */
class TroubledDriver extends MemoryDriver {
  readonly #trouble: Trouble;

  constructor(trouble: Trouble) {
    super();
    this.#trouble = trouble;
  }

  override async stat(path: StoragePath): ReturnType<StorageDriver['stat']> {
    this.#fail();
    return super.stat(path);
  }

  override async write(path: StoragePath, content: Uint8Array): Promise<void> {
    this.#fail();
    await super.write(path, content);
  }

  override async read(path: StoragePath, options?: ReadOptions): Promise<Readable> {
    this.#fail();
    const source = await super.read(path, options);
    const limit = this.#trouble.maxReadBytes;
    const stream = limit === undefined ? source : Readable.from(breakingOff(source, limit), { objectMode: false });
    this.#trouble.openReaders += 1;
    stream.once('close', () => (this.#trouble.openReaders -= 1));
    return stream;
  }

  override async openWriter(path: StoragePath, options: WriterOptions): Promise<DriverWriter> {
    this.#fail();
    const writer = await super.openWriter(path, options);
    const append = writer.append.bind(writer);
    writer.append = async (body, call) => {
      if (this.#trouble.losesAppends !== true) return append(body, call);
      for await (const _bytes of body);
      throw new DriverError('unavailable');
    };
    return writer;
  }

  #fail(): void {
    if (this.#trouble.failure !== undefined) throw new DriverError(this.#trouble.failure);
  }
}

async function* breakingOff(source: Readable, maxBytes: number): AsyncGenerator<Uint8Array> {
  let left = maxBytes;
  for await (const chunk of source as AsyncIterable<Uint8Array>) {
    yield chunk.subarray(0, left);
    left -= chunk.byteLength;
    if (left <= 0) throw new DriverError('unavailable');
  }
}

const options: OptionsSchema<{ trouble: string }> = {
  '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value: value as { trouble: string } }) },
};

export default defineDriver({
  name: 'troubled',
  contract: DRIVER_CONTRACT,
  options,
  create: async ({ trouble }) => {
    const driver = drivers.get(trouble) ?? new TroubledDriver(troubles.get(trouble) ?? { openReaders: 0 });
    drivers.set(trouble, driver);
    return driver;
  },
});
