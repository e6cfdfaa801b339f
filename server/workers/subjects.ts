/** Asked by a worker: the text of the configuration file as the primary process read it. */
export const CONFIGURATION = 'configuration';
/** Said by a worker that takes requests; the text is its start-up message. */
export const READY = 'ready';
/** Said by the primary process: finish what is under way, then end. */
export const STOP = 'stop';
