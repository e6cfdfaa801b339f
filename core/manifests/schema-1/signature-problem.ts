/** Why the signatures of a manifest do not hold. The set is closed. */
export type SignatureProblem =
  /** There is no list of signatures, or it is empty. */
  | 'missing-signatures'
  /** Something cannot be read: the JSON, the protected header, a key, an algorithm. */
  | 'malformed'
  /** The signatures are of different texts. */
  | 'different-texts'
  /** A signature is not that of the text by its key. */
  | 'invalid-signature'
  /** A chain of certificates does not lead to a trusted one. */
  | 'untrusted-chain';

/** The signatures of a manifest do not hold. */
export class SignatureError extends Error {
  override readonly name = 'SignatureError';
  readonly problem: SignatureProblem;

  constructor(problem: SignatureProblem, message: string, options?: ErrorOptions) {
    super(message, options);
    this.problem = problem;
  }
}
