import { hash } from 'node:crypto';
import { posix } from 'node:path';

/** Entries of an archive; the sums of so many are 64 MB. */
const MAX_ENTRIES = 1_000_000;
const PATH_BYTES = 16;

/** The sums of the entries of an archive, in the order in which they come. */
export class EntrySums {
  readonly #sumBytes: number;
  #rows: Buffer;
  #count: number;

  /**
   * @param rows what `toBytes` gave
   * @throws TypeError when it did not
   */
  constructor(sumBytes: number, rows: Buffer = Buffer.alloc(0)) {
    if (rows.byteLength % (sumBytes + PATH_BYTES) !== 0) throw new TypeError('these bytes are not sums of entries');
    this.#sumBytes = sumBytes;
    this.#rows = Buffer.from(rows);
    this.#count = rows.byteLength / this.#rowBytes;
  }

  get isFull(): boolean {
    return this.#count >= MAX_ENTRIES;
  }

  add(name: string, sum: Buffer): void {
    const at = this.#count * this.#rowBytes;
    if (at + this.#rowBytes > this.#rows.byteLength) {
      const larger = Buffer.alloc(Math.max(64 * this.#rowBytes, 2 * this.#rows.byteLength));
      larger.set(this.#rows);
      this.#rows = larger;
    }
    this.#rows.set(sum, at);
    this.#rows.set(pathKey(name), at + this.#sumBytes);
    this.#count += 1;
  }

  /** All of them, to begin with them later. */
  toBytes(): Buffer {
    return this.#rows.subarray(0, this.#count * this.#rowBytes);
  }

  /**
   * The sums in hex in ascending order. Entries of one path keep the order of the archive among themselves, in the places that
   * they have together: which one counts depends on it.
   */
  inOrder(): string[] {
    const rows = Array.from({ length: this.#count }, (_, index) => this.#row(index));
    const sorted = rows.toSorted((a, b) => (a.sum < b.sum ? -1 : a.sum > b.sum ? 1 : a.index - b.index));
    const places = Map.groupBy(sorted.keys(), (place) => sorted[place]?.path);
    for (const [, ofPath] of places) {
      if (ofPath.length === 1) continue;
      const inArchive = ofPath.map((place) => sorted[place] as Row).toSorted((a, b) => a.index - b.index);
      for (const [turn, place] of ofPath.entries()) sorted[place] = inArchive[turn] as Row;
    }
    return sorted.map(({ sum }) => sum);
  }

  get #rowBytes(): number {
    return this.#sumBytes + PATH_BYTES;
  }

  #row(index: number): Row {
    const at = index * this.#rowBytes;
    const sum = this.#rows.toString('hex', at, at + this.#sumBytes);
    return { index, sum, path: this.#rows.toString('latin1', at + this.#sumBytes, at + this.#rowBytes) };
  }
}

interface Row {
  readonly index: number;
  readonly sum: string;
  readonly path: string;
}

/** Stands for the path of an entry, however it is written. */
function pathKey(name: string): Buffer {
  const path = posix.join('/', name).replace(/\/$/, '');
  return hash('sha256', path, 'buffer').subarray(0, PATH_BYTES);
}
