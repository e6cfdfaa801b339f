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

/** What a user is asked for. */
export interface Question {
  /** What stands before the answer: `password: `. */
  readonly text: string;
  /** Whether the answer is not shown while it is typed. */
  readonly isSecret: boolean;
  readonly signal: AbortSignal;
}

/**
 * Asks the user at the terminal, and gives the line that was typed.
 * @returns `undefined` when the user has ended the input instead (Ctrl-D)
 * @throws the reason of the signal
 */
export type Ask = (question: Question) => Promise<string | undefined>;

/** Where a program reads and writes. */
export interface ProgramStreams {
  /** Writes to standard output. What cannot be written is dropped; {@link written} says so. */
  readonly print: (text: string) => void;
  /** Writes a line to standard error. */
  readonly complain: (line: string) => void;
  /**
   * Writes to standard output, and waits while its reader is slow.
   * @returns whether the reader takes more; not when it has gone, such as `head`, or a disk is full
   */
  readonly write: (bytes: string | Uint8Array) => Promise<boolean>;
  /**
   * Resolves when standard output has everything, or its reader has gone.
   * @throws OutputError when something could not be written
   */
  readonly written: () => Promise<void>;
  /** The bytes of standard input, which can be read once. The signal ends that and releases it. */
  readonly input: (signal: AbortSignal) => AsyncIterable<Uint8Array>;
  /** How the user is asked; `undefined` unless standard input and standard error are a terminal. */
  readonly ask: () => Ask | undefined;
  /** Standard error, if it is a terminal; asked each time, because its size changes. */
  readonly terminal: () => Terminal | undefined;
  /** Whether standard output is a terminal. */
  readonly printsToTerminal: () => boolean;
}
