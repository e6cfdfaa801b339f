/** The capabilities that checks can require; `run/capabilities.ts` detects each before the checks run. */
export type Capability = 'push' | 'delete-manifest' | 'delete-tag' | 'delete-blob' | 'referrers' | 'mount' | 'ranges';
