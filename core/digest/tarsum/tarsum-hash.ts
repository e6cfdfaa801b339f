import { RegistryError } from '../../model/errors.ts';
import type { RunningHash } from '../digest-algorithm.ts';
import { entryFields, type Generation, isSameInBoth } from './entry-fields.ts';
import { EntrySums } from './entry-sums.ts';
import { TarError, type TarHeader } from './tar-header.ts';
import { TarReader, type TarReaderState } from './tar-reader.ts';
import type { TarsumVersion } from './tarsum-label.ts';

/** Larger states are not saved: reading the bytes again costs less than storing them. */
const MAX_STATE_BYTES = 8 * 1024 * 1024;

/** What a tarsum is computed with. */
export interface TarsumOptions {
  readonly version: TarsumVersion;
  /** A hash of the algorithm in the label, or one that is resumed. */
  readonly startHash: (state?: Uint8Array) => RunningHash;
  /** Bytes of such a hash. */
  readonly sumBytes: number;
  /** Bytes that count before the archive: docker's JSON of the image. */
  readonly extra?: Uint8Array;
}

/** An entry whose body is being read: the same hash twice where both generations agree. */
interface OpenEntry {
  readonly name: string;
  readonly era: RunningHash;
  readonly blank: RunningHash;
}

/** The sum of an uncompressed archive that does not depend on the order of its entries (docker, tarsum_spec.md). */
export class TarsumHash implements RunningHash {
  readonly #options: TarsumOptions;
  readonly #reader: TarReader;
  readonly #sums: Readonly<Record<Generation, EntrySums>>;
  #entry: OpenEntry | undefined;
  #problem: string | undefined;
  #size: number;
  readonly resumedBytes: number;

  /** @throws TypeError when `state` is not one */
  constructor(options: TarsumOptions, state?: Uint8Array) {
    const saved = state && parseState(state);
    this.#options = options;
    this.resumedBytes = saved?.size ?? 0;
    this.#size = this.resumedBytes;
    this.#problem = saved?.problem;
    this.#sums = {
      era: new EntrySums(options.sumBytes, saved && decode(saved.era)),
      blank: new EntrySums(options.sumBytes, saved && decode(saved.blank)),
    };
    this.#entry = saved?.entry && this.#resumeEntry(saved.entry);
    this.#reader = new TarReader(
      {
        entry: (header) => this.#begin(header),
        body: (bytes) => this.#hashBody(bytes),
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
    if (problem === undefined) return this.#total('era');
    throw new RegistryError('DIGEST_INVALID', { reason: `the bytes have no tarsum: ${problem}` });
  }

  /** Either generation is a sum of the archive. */
  matches(hex: string): boolean {
    return this.#problemNow() === undefined && (this.#total('era') === hex || this.#total('blank') === hex);
  }

  save(): Uint8Array | undefined {
    const entry = this.#entry && saveEntry(this.#entry);
    if (entry === 'not resumable') return undefined;
    const bytes = Buffer.from(
      JSON.stringify({
        size: this.#size,
        problem: this.#problem,
        reader: this.#reader.save(),
        era: encode(this.#sums.era.toBytes()),
        blank: encode(this.#sums.blank.toBytes()),
        entry,
      } satisfies SavedState),
    );
    return bytes.byteLength <= MAX_STATE_BYTES ? bytes : undefined;
  }

  #begin(header: TarHeader): void {
    if (this.#sums.era.isFull) throw new TarError('it has more entries than a tarsum is computed of');
    const { version, startHash } = this.#options;
    const era = startHash();
    era.update(entryFields(header, version, 'era'));
    let blank = era;
    if (!isSameInBoth(header)) {
      blank = startHash();
      blank.update(entryFields(header, version, 'blank'));
    }
    this.#entry = { name: header.name, era, blank };
  }

  #hashBody(bytes: Uint8Array): void {
    if (this.#entry === undefined) return;
    const { era, blank } = this.#entry;
    era.update(bytes);
    if (blank !== era) blank.update(bytes);
  }

  #end(): void {
    if (this.#entry === undefined) return;
    const { name, era, blank } = this.#entry;
    const sum = era.digest();
    this.#sums.era.add(name, Buffer.from(sum, 'hex'));
    this.#sums.blank.add(name, Buffer.from(blank === era ? sum : blank.digest(), 'hex'));
    this.#entry = undefined;
  }

  #resumeEntry({ name, era, blank }: SavedEntry): OpenEntry {
    const { startHash } = this.#options;
    const first = startHash(decode(era));
    return { name, era: first, blank: blank === era ? first : startHash(decode(blank)) };
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

  #total(generation: Generation): string {
    const { startHash, extra } = this.#options;
    const hash = startHash();
    if (extra !== undefined) hash.update(extra);
    for (const hex of this.#sums[generation].inOrder()) hash.update(Buffer.from(hex, 'latin1'));
    return hash.digest();
  }

  #fail(error: unknown): void {
    if (!(error instanceof TarError)) throw error;
    this.#problem = error.message;
    this.#entry = undefined;
  }
}

interface SavedEntry {
  readonly name: string;
  readonly era: string;
  readonly blank: string;
}

interface SavedState {
  readonly size: number;
  readonly problem: string | undefined;
  readonly reader: TarReaderState;
  readonly era: string;
  readonly blank: string;
  readonly entry: SavedEntry | undefined;
}

function saveEntry({ name, era, blank }: OpenEntry): SavedEntry | 'not resumable' {
  const first = era.save?.();
  const second = blank === era ? first : blank.save?.();
  if (first === undefined || second === undefined) return 'not resumable';
  return { name, era: encode(first), blank: encode(second) };
}

function parseState(bytes: Uint8Array): SavedState {
  try {
    return JSON.parse(Buffer.from(bytes).toString()) as SavedState;
  } catch (cause) {
    throw new TypeError('these bytes are not a state of a tarsum', { cause });
  }
}

function encode(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

function decode(text: string): Buffer {
  return Buffer.from(text, 'base64');
}
