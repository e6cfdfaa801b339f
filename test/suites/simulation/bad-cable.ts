import { Readable } from 'node:stream';
import {
  ForwardingDriver,
  type ReadOptions,
  type ReadStream,
  type StorageDriver,
  type StoragePath,
} from '../../../core/driver/index.ts';
import type { Random } from './random.ts';

/** Reads of content are often wrong, as a bad cable makes them: everything looks damaged. */
export class BadCable extends ForwardingDriver {
  readonly #random: Random;

  constructor(inner: StorageDriver, random: Random) {
    super(inner);
    this.#random = random;
  }

  override async read(path: StoragePath, options?: ReadOptions): Promise<ReadStream> {
    const stream = await super.read(path, options);
    if (!path.endsWith('/data') || this.#random.chance(0.3)) return stream;
    stream.destroy();
    return Readable.from([Buffer.from('noise')], { objectMode: false });
  }
}
