/** Why the signatures of a manifest are invalid. The set is closed. */
export type SignatureProblem =
  /** There is no list of signatures, or it is empty. */
  | 'missing-signatures'
  /** Something cannot be read: the JSON, the protected header, a key, an algorithm. */
  | 'malformed'
  /** The signatures sign different texts. */
  | 'different-texts'
  /** A signature does not match the text and its key. */
  | 'invalid-signature'
  /** A chain of certificates does not lead to a trusted one. */
  | 'untrusted-chain';

/** Thrown when the signatures of a manifest are invalid. */
export class SignatureError extends Error {
  override readonly name = 'SignatureError';
  readonly problem: SignatureProblem;

  constructor(problem: SignatureProblem, message: string, options?: ErrorOptions) {
    super(message, options);
    this.problem = problem;
  }
}
