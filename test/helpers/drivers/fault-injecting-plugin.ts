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

/** The faults that a test injects, found by the name in the driver's options. */
export interface StandingFaults {
  /** Every call fails with this code. */
  failure?: DriverErrorCode | undefined;
  /** A reader breaks off after this many bytes. */
  maxReadBytes?: number | undefined;
  /** An append reads its whole body, keeps none of it and fails. */
  losesAppends?: boolean | undefined;
  /** The number of readers that were opened and are not destroyed yet. */
  openReaders: number;
}

const faultsByName = new Map<string, StandingFaults>();
const drivers = new Map<string, StandingFaultDriver>();

/**
 * Faults of one test, to configure as the option `faults`. Registries with the same faults share their content.
 */
export function newFaults(): { name: string; faults: StandingFaults } {
  const name = `faults-${faultsByName.size}`;
  const faults: StandingFaults = { openReaders: 0 };
  faultsByName.set(name, faults);
  return { name, faults };
}

/** The path by which a configuration names this driver. */
export const FAULT_INJECTING_PLUGIN = new URL('fault-injecting-plugin.js', import.meta.url).pathname;

/** The memory driver with the faults of a test. */
class StandingFaultDriver extends MemoryDriver {
  readonly #faults: StandingFaults;

  constructor(faults: StandingFaults) {
    super();
    this.#faults = faults;
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
    const limit = this.#faults.maxReadBytes;
    const stream = limit === undefined ? source : Readable.from(breakingOff(source, limit), { objectMode: false });
    this.#faults.openReaders += 1;
    stream.once('close', () => (this.#faults.openReaders -= 1));
    return stream;
  }

  override async openWriter(path: StoragePath, options: WriterOptions): Promise<DriverWriter> {
    this.#fail();
    const writer = await super.openWriter(path, options);
    const append = writer.append.bind(writer);
    writer.append = async (body, call) => {
      if (this.#faults.losesAppends !== true) return append(body, call);
      for await (const _bytes of body);
      throw new DriverError('unavailable');
    };
    return writer;
  }

  #fail(): void {
    if (this.#faults.failure !== undefined) throw new DriverError(this.#faults.failure);
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

const options: OptionsSchema<{ faults: string }> = {
  '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value: value as { faults: string } }) },
};

export default defineDriver({
  name: 'fault-injecting',
  contract: DRIVER_CONTRACT,
  options,
  create: async ({ faults }) => {
    const driver = drivers.get(faults) ?? new StandingFaultDriver(faultsByName.get(faults) ?? { openReaders: 0 });
    drivers.set(faults, driver);
    return driver;
  },
});
