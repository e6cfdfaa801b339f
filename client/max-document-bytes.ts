/**
 * The largest manifest, index or configuration of an image that is read into memory, in bytes. Registries accept 4 MiB.
 */
export const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;
