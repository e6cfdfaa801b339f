import { DRIVERS, namesIn, PLUGINS } from '../../plugins/loading/builtin.ts';

/** The drivers of distribution and ours, to recognise typing mistakes; any other name is that of a plugin. */
export const DRIVER_NAMES: readonly string[] = namesIn(DRIVERS);

/** The access controllers of distribution and ours, for the same use. */
export const AUTH_NAMES: readonly string[] = namesIn(PLUGINS['access-controller']);
