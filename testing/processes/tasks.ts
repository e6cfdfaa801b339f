import { fileURLToPath } from 'node:url';

/** The tasks of a process that is killed. */
export type Task = 'finish' | 'overwrite' | 'move' | 'close' | 'append' | 'create' | 'spread';

/** The sizes of versions that replace each other. */
export const VERSION_BYTES = [100, 100_000] as const;

/** How many paths a process tries to create. */
export const CREATED_PATHS = 60;

export const PIECE_BYTES = 300_000;

/** The program that does them. It lies beside this module, also in a bundle. */
export const KILLED_WRITER = fileURLToPath(new URL('killed-writer.js', import.meta.url));
