/** The broadcast that a run was cancelled: when it began, in milliseconds since 1970, and the name of its job. */
export const JOB_CANCELLATION = 'job-cancellation';
