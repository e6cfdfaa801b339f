/** A terminal on standard error. */
export interface Terminal {
  /** Its width in characters. */
  readonly columns: number;
  /** Its height in lines. */
  readonly rows: number;
  /** Whether it shows colours. */
  readonly hasColors: boolean;
  /** Writes text as it is, also with control sequences. */
  readonly write: (text: string) => void;
}

/** Where a program reads and writes. */
export interface ProgramStreams {
  /** Writes to standard output. */
  readonly print: (text: string) => void;
  /** Writes a line to standard error. */
  readonly complain: (line: string) => void;
  /**
   * Writes bytes to standard output, and waits while its reader is slow.
   * @returns whether the reader takes more; not when it has gone, such as `head`
   */
  readonly write: (bytes: Uint8Array) => Promise<boolean>;
  /** The bytes of standard input, which can be read once. The signal ends that and releases it. */
  readonly input: (signal: AbortSignal) => AsyncIterable<Uint8Array>;
  /** Standard error, if it is a terminal; asked each time, because its size changes. */
  readonly terminal: () => Terminal | undefined;
}
