/** A text does not say where an image is. The message quotes it, and says what to write. */
export class InvalidReferenceError extends Error {
  override readonly name = 'InvalidReferenceError';
  /** The text as it was given. */
  readonly reference: string;

  constructor(reference: string, reason: string) {
    super(`${JSON.stringify(reference)} is not understood: ${reason}`);
    this.reference = reference;
  }
}
