import type { X509Certificate } from 'node:crypto';

/** Decides which certificates are trusted: a list of roots, or a remote service. */
export interface TrustSource {
  /**
   * The chains from a certificate to a trusted one.
   * @param chain the certificate of a signer first, then any others that may have issued it, in any order
   * @returns each chain with the trusted certificate at its end; empty when there is none
   */
  chains(
    chain: readonly X509Certificate[],
  ): ReadonlyArray<readonly X509Certificate[]> | Promise<ReadonlyArray<readonly X509Certificate[]>>;
}

/** Options for trusting certificates. */
export interface TrustedRootsOptions {
  /** The time at which they must be valid. Default: the time of each call. */
  readonly time?: Date;
}

/** More chains than any real set of certificates has; cross-signed certificates could have endlessly many. */
const MAX_WAYS = 100;

/** Trusts certificates that chain to one of a list of roots through valid authorities (RFC 5280, section 6). */
export class TrustedRoots implements TrustSource {
  readonly #roots: readonly X509Certificate[];
  readonly #time: Date | undefined;

  constructor(roots: readonly X509Certificate[], { time }: TrustedRootsOptions = {}) {
    this.#roots = roots;
    this.#time = time;
  }

  chains(chain: readonly X509Certificate[]): X509Certificate[][] {
    const [signer, ...others] = chain;
    if (signer === undefined) return [];
    const at = this.#time ?? new Date();
    const found: X509Certificate[][] = [];
    const extend = (way: readonly X509Certificate[], last: X509Certificate): void => {
      if (found.length >= MAX_WAYS || !isValid(last, at)) return;
      if (this.#isRoot(last)) {
        found.push([...way]);
        return;
      }
      for (const root of this.#roots) if (isIssuer(root, last) && isValid(root, at)) found.push([...way, root]);
      for (const next of others) {
        if (!way.includes(next) && !this.#isRoot(next) && isIssuer(next, last)) extend([...way, next], next);
      }
    };
    extend([signer], signer);
    return found.slice(0, MAX_WAYS);
  }

  #isRoot(certificate: X509Certificate): boolean {
    return this.#roots.some((root) => root.raw.equals(certificate.raw));
  }
}

function isValid({ validFromDate, validToDate }: X509Certificate, at: Date): boolean {
  return validFromDate <= at && at <= validToDate;
}

function isIssuer(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}
