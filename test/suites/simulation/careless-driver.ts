import type { DriverWriter, StoragePath, WriterOptions } from '../../../core/driver/index.ts';
import { MemoryDriver } from '../../../drivers/memory/memory-driver.ts';

/** Claims exclusive writers, but lets every writer that resumes a write append after the bytes of the others. */
export class CarelessDriver extends MemoryDriver {
  readonly #writers = new Map<StoragePath, DriverWriter>();

  override async openWriter(path: StoragePath, options: WriterOptions): Promise<DriverWriter> {
    const known = options.append ? this.#writers.get(path) : undefined;
    const shared = known ?? (await super.openWriter(path, options));
    this.#writers.set(path, shared);
    return {
      get size() {
        return shared.size;
      },
      append: (body) => shared.append(body),
      commit: (to) => shared.commit(to),
      cancel: () => shared.cancel(),
      [Symbol.asyncDispose]: async () => undefined,
    };
  }
}
