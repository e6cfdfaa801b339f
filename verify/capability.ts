/** What a registry was seen to do before the checks that need it; `run/capabilities.ts` says how each is found out. */
export type Capability = 'push' | 'delete-manifest' | 'delete-tag' | 'delete-blob' | 'referrers' | 'mount' | 'ranges';
