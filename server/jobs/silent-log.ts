import type { Logger } from '../../core/ports/logger.ts';

const nothing = (): void => undefined;

/** For a command that reports on its job itself. */
export const silentLog: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
