import { applyPaxRecords, parsePaxRecords } from './pax-records.ts';
import { BLOCK_BYTES, isHeaderOnly, parseHeader, TarError, type TarHeader, untilNul } from './tar-header.ts';

/** The most bytes of a header of variable length: a long name, extended attributes. Go has the same limit. */
export const MAX_SPECIAL_BYTES = 1024 * 1024;

/** Receives the entries of an archive. */
export interface TarListener {
  entry(header: TarHeader): void;
  /** Receives bytes of the body of the entry. Their memory is reused after the call. */
  body(bytes: Uint8Array): void;
  entryEnd(): void;
}

/** The progress of a reader, as JSON. */
export interface TarReaderState {
  readonly phase: Phase;
  /** The bytes until the phase ends. */
  readonly left: number;
  readonly padding: number;
  /** The collected bytes, in base64. */
  readonly collected: string;
  readonly special: string;
  readonly longName: string | undefined;
  readonly longLink: string | undefined;
  readonly records: ReadonlyArray<readonly [string, string]> | undefined;
}

type Phase = 'header' | 'special' | 'body' | 'padding' | 'second-empty' | 'end';

/**
 * Reads an archive as it passes, in parts of any length, as Go did at the time of schema 1. It holds at most one header
 * in memory, and ignores what follows the end of the archive.
 */
export class TarReader {
  readonly #listener: TarListener;
  readonly #block = Buffer.alloc(BLOCK_BYTES);
  #phase: Phase = 'header';
  #left = BLOCK_BYTES;
  #padding = 0;
  /** The bytes of a special header. */
  #special: Buffer | undefined;
  #specialType = '';
  #longName: string | undefined;
  #longLink: string | undefined;
  #records: ReadonlyMap<string, string> | undefined;

  constructor(listener: TarListener, state?: TarReaderState) {
    this.#listener = listener;
    if (state === undefined) return;
    this.#phase = state.phase;
    this.#left = state.left;
    this.#padding = state.padding;
    this.#specialType = state.special;
    this.#longName = state.longName;
    this.#longLink = state.longLink;
    this.#records = state.records === undefined ? undefined : new Map(state.records);
    const collected = Buffer.from(state.collected, 'base64');
    if (state.phase === 'special') {
      this.#special = Buffer.alloc(collected.byteLength + state.left);
      this.#special.set(collected);
    } else {
      this.#block.set(collected);
    }
  }

  /** @throws TarError; the reader must not be used afterwards */
  update(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.byteLength && this.#phase !== 'end'; ) {
      const part = bytes.subarray(at, at + this.#left);
      at += part.byteLength;
      this.#take(part);
      this.#left -= part.byteLength;
      if (this.#left === 0) this.#endPhase();
    }
  }

  /**
   * Ends the input. An archive may end without the blocks that mark its end.
   * @throws TarError when the archive ends in the middle of an entry or header
   */
  finish(): void {
    const isBetween = this.#phase === 'header' && this.#left === BLOCK_BYTES && !this.#isPending;
    const isEnding = this.#phase === 'second-empty' && this.#left === BLOCK_BYTES;
    if (!isBetween && !isEnding && this.#phase !== 'end') throw new TarError('the archive is truncated');
  }

  save(): TarReaderState {
    const whole = this.#special ?? this.#block;
    const isCollecting = this.#phase === 'special' || this.#phase === 'header' || this.#phase === 'second-empty';
    return {
      phase: this.#phase,
      left: this.#left,
      padding: this.#padding,
      collected: isCollecting ? whole.toString('base64', 0, whole.byteLength - this.#left) : '',
      special: this.#specialType,
      longName: this.#longName,
      longLink: this.#longLink,
      records: this.#records === undefined ? undefined : [...this.#records],
    };
  }

  get #isPending(): boolean {
    return (this.#longName ?? this.#longLink ?? this.#records) !== undefined;
  }

  #take(part: Uint8Array): void {
    if (this.#phase === 'body') this.#listener.body(part);
    else if (this.#phase === 'special') this.#special?.set(part, this.#special.byteLength - this.#left);
    else if (this.#phase !== 'padding') this.#block.set(part, BLOCK_BYTES - this.#left);
  }

  #endPhase(): void {
    switch (this.#phase) {
      case 'header':
        return this.#endHeader();
      case 'special':
        this.#endSpecial();
        return this.#pad();
      case 'body':
        this.#listener.entryEnd();
        return this.#pad();
      case 'second-empty':
        if (!isEmpty(this.#block)) throw new TarError('an empty block is followed by another header');
        this.#phase = 'end';
        return;
      case 'padding':
        return this.#expect('header', BLOCK_BYTES);
      case 'end':
        return;
    }
  }

  #endHeader(): void {
    if (isEmpty(this.#block)) {
      if (this.#isPending) throw new TarError('an extended header belongs to no entry');
      this.#expect('second-empty', BLOCK_BYTES);
      return;
    }
    const header = parseHeader(this.#block);
    if (header.typeflag === 'x' || header.typeflag === 'L' || header.typeflag === 'K') {
      this.#beginSpecial(header);
      return;
    }
    if (header.typeflag === 'S') throw new TarError('the archive has sparse files, for which tarsum is not defined');
    if (this.#records !== undefined) applyPaxRecords(header, this.#records);
    header.name = this.#longName ?? header.name;
    header.linkname = this.#longLink ?? header.linkname;
    [this.#longName, this.#longLink, this.#records] = [undefined, undefined, undefined];
    this.#listener.entry(header);
    const length = isHeaderOnly(header.typeflag) ? 0 : header.size;
    this.#padding = paddingOf(length);
    if (length > 0) return this.#expect('body', length);
    this.#listener.entryEnd();
    this.#expect('header', BLOCK_BYTES);
  }

  #beginSpecial({ size, typeflag }: TarHeader): void {
    if (size > MAX_SPECIAL_BYTES) throw new TarError(`a header has more than ${MAX_SPECIAL_BYTES} bytes`);
    this.#special = Buffer.alloc(size);
    this.#specialType = typeflag;
    this.#padding = paddingOf(size);
    if (size > 0) return this.#expect('special', size);
    this.#endSpecial();
    this.#expect('header', BLOCK_BYTES);
  }

  #endSpecial(): void {
    const text = this.#special?.toString('latin1') ?? '';
    this.#special = undefined;
    if (this.#specialType === 'L') this.#longName = untilNul(text);
    else if (this.#specialType === 'K') this.#longLink = untilNul(text);
    else this.#records = parsePaxRecords(text);
  }

  #pad(): void {
    if (this.#padding > 0) this.#expect('padding', this.#padding);
    else this.#expect('header', BLOCK_BYTES);
  }

  #expect(phase: Phase, bytes: number): void {
    this.#phase = phase;
    this.#left = bytes;
  }
}

function paddingOf(size: number): number {
  return (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES;
}

function isEmpty(block: Buffer): boolean {
  return block.every((byte) => byte === 0);
}
