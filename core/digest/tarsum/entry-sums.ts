import { hash } from 'node:crypto';
import { posix } from 'node:path';

/** The most entries of an archive; their sums take 64 MB. */
const MAX_ENTRIES = 1_000_000;
const PATH_BYTES = 16;

/** The sums of the entries of an archive, in archive order. */
export class EntrySums {
  readonly #sumBytes: number;
  #rows: Buffer;
  #count: number;

  /**
   * @param rows what `toBytes` returned
   * @throws TypeError when `rows` has another format
   */
  constructor(sumBytes: number, rows: Buffer = Buffer.alloc(0)) {
    if (rows.byteLength % (sumBytes + PATH_BYTES) !== 0) throw new TypeError('these bytes are not entry sums');
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

  /** All sums, for the constructor to resume from. */
  toBytes(): Buffer {
    return this.#rows.subarray(0, this.#count * this.#rowBytes);
  }

  /**
   * The sums in hex in ascending order. Entries with the same path keep their archive order within the positions that
   * they share, because the order decides which entry counts.
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

/** A key for the path of an entry, the same for every spelling of the path. */
function pathKey(name: string): Buffer {
  const path = posix.join('/', name).replace(/\/$/, '');
  return hash('sha256', path, 'buffer').subarray(0, PATH_BYTES);
}
