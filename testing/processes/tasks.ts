/** The tasks of a process that is killed. */
export type Task = 'finish' | 'overwrite' | 'move' | 'close' | 'append';

/** The sizes of versions that replace each other. */
export const VERSION_BYTES = [100, 100_000] as const;

export const PIECE_BYTES = 300_000;
