/** The driver's own folder in the root, and at the top of every other disk below it; no storage path reaches it. */
export const RESERVED = '.stowage';
