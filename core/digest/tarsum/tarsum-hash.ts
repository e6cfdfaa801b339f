import { RegistryError } from '../../model/errors.ts';
import type { RunningHash } from '../digest-algorithm.ts';
import { entryFields, type Generation } from './entry-fields.ts';
import { EntrySums } from './entry-sums.ts';
import { TarError, type TarHeader } from './tar-header.ts';
import { TarReader } from './tar-reader.ts';
import type { TarsumVersion } from './tarsum-label.ts';
import { parseTarsumState, type TarsumState } from './tarsum-state.ts';

/** Larger states are not saved: reading the bytes again costs less than storing them. */
const MAX_STATE_BYTES = 8 * 1024 * 1024;

/** The parameters of a tarsum. */
export interface TarsumOptions {
  readonly version: TarsumVersion;
  readonly generation: Generation;
  /** Starts or resumes a hash of the algorithm in the label. */
  readonly startHash: (state?: Uint8Array) => RunningHash;
  /** The bytes of such a hash. */
  readonly sumBytes: number;
  /** Bytes that are hashed before the archive: Docker's JSON of the image. */
  readonly extra?: Uint8Array;
}

/** An entry whose body is being read. */
interface OpenEntry {
  readonly name: string;
  readonly hash: RunningHash;
}

/** The digest of an uncompressed archive, independent of the order of its entries (Docker, tarsum_spec.md). */
export class TarsumHash implements RunningHash {
  readonly #options: TarsumOptions;
  readonly #reader: TarReader;
  readonly #sums: EntrySums;
  #entry: OpenEntry | undefined;
  #problem: string | undefined;
  #size: number;
  readonly resumedBytes: number;

  /** @throws TypeError when `state` is not a state of a tarsum */
  constructor(options: TarsumOptions, state?: Uint8Array) {
    const saved = state && parseTarsumState(state);
    this.#options = options;
    this.resumedBytes = saved?.size ?? 0;
    this.#size = this.resumedBytes;
    this.#problem = saved?.problem;
    this.#sums = new EntrySums(options.sumBytes, saved && decode(saved.sums));
    this.#entry = saved?.entry && { name: saved.entry.name, hash: options.startHash(decode(saved.entry.hash)) };
    this.#reader = new TarReader(
      {
        entry: (header) => this.#begin(header),
        body: (bytes) => this.#entry?.hash.update(bytes),
        entryEnd: () => this.#end(),
      },
      saved?.reader,
    );
  }

  update(bytes: Uint8Array): void {
    this.#size += bytes.byteLength;
    if (this.#problem !== undefined) return;
    try {
      this.#reader.update(bytes);
    } catch (error) {
      this.#fail(error);
    }
  }

  digest(): string {
    const problem = this.#problemNow();
    if (problem === undefined) return this.#total();
    throw new RegistryError('DIGEST_INVALID', { reason: `the bytes have no tarsum: ${problem}` });
  }

  matches(hex: string): boolean {
    return this.#problemNow() === undefined && this.#total() === hex;
  }

  save(): Uint8Array | undefined {
    const entry = this.#entry && saveEntry(this.#entry);
    if (entry === 'not resumable') return undefined;
    const bytes = Buffer.from(
      JSON.stringify({
        size: this.#size,
        problem: this.#problem,
        reader: this.#problem === undefined ? this.#reader.save() : undefined,
        sums: encode(this.#sums.toBytes()),
        entry,
      } satisfies TarsumState),
    );
    return bytes.byteLength <= MAX_STATE_BYTES ? bytes : undefined;
  }

  #begin(header: TarHeader): void {
    if (this.#sums.isFull) throw new TarError('the archive has more entries than tarsum supports here');
    const { version, generation, startHash } = this.#options;
    const hash = startHash();
    hash.update(entryFields(header, version, generation));
    this.#entry = { name: header.name, hash };
  }

  #end(): void {
    if (this.#entry === undefined) return;
    const { name, hash } = this.#entry;
    this.#sums.add(name, Buffer.from(hash.digest(), 'hex'));
    this.#entry = undefined;
  }

  #problemNow(): string | undefined {
    if (this.#problem !== undefined) return this.#problem;
    try {
      this.#reader.finish();
      return undefined;
    } catch (error) {
      if (error instanceof TarError) return error.message;
      throw error;
    }
  }

  #total(): string {
    const { startHash, extra } = this.#options;
    const hash = startHash();
    if (extra !== undefined) hash.update(extra);
    for (const hex of this.#sums.inOrder()) hash.update(Buffer.from(hex, 'latin1'));
    return hash.digest();
  }

  #fail(error: unknown): void {
    if (!(error instanceof TarError)) throw error;
    this.#problem = error.message;
    this.#entry = undefined;
  }
}

function saveEntry({ name, hash }: OpenEntry): TarsumState['entry'] | 'not resumable' {
  const state = hash.save?.();
  return state === undefined ? 'not resumable' : { name, hash: encode(state) };
}

function encode(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

function decode(text: string): Buffer {
  return Buffer.from(text, 'base64');
}
