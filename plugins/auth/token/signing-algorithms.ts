/** The algorithms that `signingalgorithms` can name, as in distribution (RFC 7518, RFC 8037). */
export const SIGNING_ALGORITHMS = [
  'EdDSA',
  'ES256',
  'ES384',
  'ES512',
  'PS256',
  'PS384',
  'PS512',
  'RS256',
  'RS384',
  'RS512',
  'HS256',
  'HS384',
  'HS512',
] as const;

/** One of them. */
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

/** Whether the key is a shared secret, so that anybody who can verify a signature can also create one. */
export function isSymmetric(algorithm: string): boolean {
  return algorithm.startsWith('HS');
}

/** Those with a public key: a shared secret is accepted only where the operator names its algorithm. */
export const DEFAULT_ALGORITHMS: readonly SigningAlgorithm[] = SIGNING_ALGORITHMS.filter((name) => !isSymmetric(name));
