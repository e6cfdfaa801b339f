/** A text is not a valid location of an image. The message quotes it and says what to write. */
export class InvalidReferenceError extends Error {
  override readonly name = 'InvalidReferenceError';
  /** The given text. */
  readonly reference: string;

  constructor(reference: string, reason: string) {
    super(`${JSON.stringify(reference)} is not understood: ${reason}`);
    this.reference = reference;
  }
}
