/** The stored bytes are not those that their digest names. */
export class CorruptContentError extends Error {
  override readonly name = 'CorruptContentError';

  constructor(digest: string) {
    super(`the content stored for ${digest} is corrupt`);
  }
}
