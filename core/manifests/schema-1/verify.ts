import type { KeyObject, X509Certificate } from 'node:crypto';
import { SignatureError } from './signature-problem.ts';
import type { SignedText } from './signed-text.ts';
import type { TrustSource } from './trust-source.ts';

/**
 * Verifies all signatures. It identifies the signers, but does not decide whether to trust them.
 * @returns the public keys of the signers, one for each signature
 * @throws SignatureError `invalid-signature` when one is invalid
 */
export function verify({ payload, signatures }: SignedText): KeyObject[] {
  for (const signature of signatures) {
    if (signature.holds(payload)) continue;
    throw new SignatureError(
      'invalid-signature',
      `the signature by key ${signature.keyId} is not a signature of this manifest`,
    );
  }
  return signatures.map(({ key }) => key);
}

/**
 * Verifies all signatures and the certificates of the signers. Signatures that carry a bare key are verified, but have
 * no chain.
 * @returns the chains from signers to trusted certificates, which they end with; at least one
 * @throws SignatureError `invalid-signature`; `untrusted-chain` when the certificates of a signature lead to no trusted
 * one, or no signature has certificates
 */
export async function verifyChains(text: SignedText, trust: TrustSource): Promise<X509Certificate[][]> {
  verify(text);
  const chains: X509Certificate[][] = [];
  for (const { chain, keyId } of text.signatures) {
    if (chain.length === 0) continue;
    const trusted = await trust.chains(chain);
    if (trusted.length === 0) {
      throw new SignatureError(
        'untrusted-chain',
        `the certificates of key ${keyId} do not chain to a trusted certificate`,
      );
    }
    chains.push(...trusted.map((each) => [...each]));
  }
  if (chains.length > 0) return chains;
  throw new SignatureError('untrusted-chain', 'no signature carries certificates');
}
