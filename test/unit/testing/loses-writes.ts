import {
  type DriverWriter,
  ForwardingDriver,
  type StorageDriver,
  type StoragePath,
  type WriteOptions,
  type WriterOptions,
} from '../../../core/driver/index.ts';
import { MemoryDriver } from '../../../drivers/memory/memory-driver.ts';

type End = 'commit' | 'cancel' | 'delete' | 'write' | 'move';

/** When writes are lost. */
interface Losses {
  /** How many writes of closed writers are kept. */
  readonly kept?: number;
  /** How many writers have their bytes while they are open. */
  readonly open?: number;
  /** What ends the writes whose paths are longer and begin with its path. */
  readonly longer?: End;
  /** What ends the writes with whose paths its path begins. */
  readonly shorter?: End;
}

/** The memory driver, which loses writes that it should keep. */
export class LosesWrites extends ForwardingDriver {
  readonly #losses: Losses;
  /** The writes that are not committed, in the order of their last writers. */
  readonly #kept = new Set<StoragePath>();
  readonly #open = new Set<DriverWriter>();

  constructor(losses: Losses) {
    super(new MemoryDriver());
    this.#losses = losses;
  }

  override async openWriter(path: StoragePath, options: WriterOptions): Promise<DriverWriter> {
    const inner = await super.openWriter(path, options);
    this.#kept.delete(path);
    let isEnded = false;
    const end = async (how: 'commit' | 'cancel', action: () => Promise<void>): Promise<void> => {
      await action();
      this.#open.delete(writer);
      isEnded = true;
      await this.#lose(how, path);
    };
    const writer: DriverWriter = {
      get size() {
        return inner.size;
      },
      tookOver: inner.tookOver,
      append: async (body, given) => {
        this.#open.add(writer);
        const isLost = this.#open.size > (this.#losses.open ?? Number.POSITIVE_INFINITY);
        await inner.append(isLost ? nothingOf(body) : body, given);
      },
      commit: (to) => end('commit', () => inner.commit(to)),
      cancel: () => end('cancel', () => inner.cancel()),
      [Symbol.asyncDispose]: async () => {
        await inner[Symbol.asyncDispose]();
        this.#open.delete(writer);
        if (!isEnded) await this.#keep(path);
      },
    };
    return writer;
  }

  override async write(path: StoragePath, content: Uint8Array, options?: WriteOptions): Promise<void> {
    await super.write(path, content, options);
    await this.#lose('write', path);
  }

  override async move(...given: Parameters<StorageDriver['move']>): Promise<void> {
    await super.move(...given);
    await this.#lose('move', given[0]);
  }

  override async delete(path: StoragePath): Promise<void> {
    await super.delete(path);
    await this.#lose('delete', path);
  }

  async #keep(path: StoragePath): Promise<void> {
    this.#kept.add(path);
    const [oldest] = this.#kept;
    if (oldest !== undefined && this.#kept.size > (this.#losses.kept ?? Number.POSITIVE_INFINITY)) {
      await this.#drop(oldest);
    }
  }

  async #lose(end: End, path: StoragePath): Promise<void> {
    const { longer, shorter } = this.#losses;
    this.#kept.delete(path);
    for (const other of [...this.#kept]) {
      if (other.startsWith(`${path}/`)) continue;
      const isLost = (end === longer && other.startsWith(path)) || (end === shorter && path.startsWith(other));
      if (isLost) await this.#drop(other);
    }
  }

  async #drop(path: StoragePath): Promise<void> {
    this.#kept.delete(path);
    const writer = await super.openWriter(path, { append: true }).catch(() => undefined);
    await writer?.cancel();
  }
}

async function* nothingOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of body) yield chunk.subarray(0, 0);
}
