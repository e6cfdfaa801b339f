import type { Logger } from '../../core/ports/logger.ts';

const nothing = (): void => undefined;

/** For a command that says itself what its job does. */
export const silentLog: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
