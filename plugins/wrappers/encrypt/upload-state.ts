import { z } from 'zod';
import { DriverError, type StorageDriver, type StoragePath } from '../../../core/driver/index.ts';
import { damaged } from './damaged.ts';
import { FRAME_BYTES } from './layout.ts';
import { readSmall } from './read-small.ts';
import { uploadStatePath } from './side-paths.ts';
import type { KeyRing } from './storage-key.ts';
import { decryptWhole, encryptWhole } from './whole-file.ts';

/** What a later writer needs to continue a write that was closed. */
export interface UploadState {
  /** The header of its file. */
  readonly header: Buffer;
  /** The size of what is stored. It must be exactly this, or the state is that of another moment. */
  readonly storedBytes: number;
  /** The number of whole frames, including one whose end is in `unsent`. */
  readonly frames: number;
  /** The chain over these frames. */
  readonly chain: Buffer;
  /** Stored bytes that follow those that are stored. */
  readonly unsent: Buffer;
  /** Plain bytes that do not fill a frame yet. */
  readonly tail: Buffer;
}

const Facts = z.strictObject({
  header: z.hex(),
  storedBytes: z.int().min(0),
  frames: z.int().min(0),
  chain: z.hex(),
  unsentBytes: z.int().min(0),
});

/** The number of plain bytes that are kept. */
export function keptBytes({ frames, tail }: Pick<UploadState, 'frames' | 'tail'>): number {
  return frames * FRAME_BYTES + tail.byteLength;
}

/** Keeps the states of writes, encrypted. */
export class UploadStates {
  readonly #driver: StorageDriver;
  readonly #keys: KeyRing;

  constructor(driver: StorageDriver, keys: KeyRing) {
    this.#driver = driver;
    this.#keys = keys;
  }

  /** The state of the write at `path`; `undefined` when there is none. */
  async load(path: StoragePath, signal?: AbortSignal): Promise<UploadState | undefined> {
    const place = uploadStatePath(path);
    const stored = await readSmall(this.#driver, place, signal);
    return stored && parse(decryptWhole(stored, [place], this.#keys));
  }

  /** Whether there is a state of a write at `path`, right or not. */
  async has(path: StoragePath, signal?: AbortSignal): Promise<boolean> {
    return (await this.#driver.stat(uploadStatePath(path), { signal })) !== undefined;
  }

  /** Not durable: after a crash of the machine, a client begins another upload. */
  async save(path: StoragePath, state: UploadState): Promise<void> {
    const { header, storedBytes, frames, chain, unsent, tail } = state;
    const facts = { header: header.toString('hex'), storedBytes, frames, chain: chain.toString('hex') };
    const text = JSON.stringify({ ...facts, unsentBytes: unsent.byteLength } satisfies z.infer<typeof Facts>);
    const content = Buffer.concat([Buffer.from(`${text}\n`), unsent, tail]);
    const place = uploadStatePath(path);
    await this.#driver.write(place, encryptWhole(content, place, this.#keys), { durable: false });
  }

  /** Removes the state, if there is one. */
  async remove(path: StoragePath): Promise<void> {
    try {
      await this.#driver.delete(uploadStatePath(path), { durable: false });
    } catch (error) {
      if (!DriverError.is(error, 'not-found')) throw error;
    }
  }
}

function parse(content: Buffer): UploadState {
  const end = content.indexOf('\n');
  const parsed = Facts.safeParse(JSON.parse(content.toString('latin1', 0, end)));
  if (!parsed.success) throw damaged('the state of an upload was written by another version');
  const { header, chain, unsentBytes, ...facts } = parsed.data;
  const tailAt = end + 1 + unsentBytes;
  return {
    ...facts,
    header: Buffer.from(header, 'hex'),
    chain: Buffer.from(chain, 'hex'),
    unsent: content.subarray(end + 1, tailAt),
    tail: content.subarray(tailAt),
  };
}
