import type { X509Certificate } from 'node:crypto';

/** Who decides which certificates are trusted: a list of roots, or a service far away. */
export interface TrustSource {
  /**
   * The ways from a certificate to a trusted one.
   * @param chain the certificate of a signer first, then others in any order that may vouch for it
   * @returns each way with the trusted certificate at its end; none when there is no way
   */
  chains(
    chain: readonly X509Certificate[],
  ): ReadonlyArray<readonly X509Certificate[]> | Promise<ReadonlyArray<readonly X509Certificate[]>>;
}

/** How certificates are judged. */
export interface TrustedRootsOptions {
  /** At which time they must be valid; the time of each call unless given. */
  readonly time?: Date;
}

/** More ways than any real set of certificates has; cross-signed ones could have a number without end. */
const MAX_WAYS = 100;

/** Trusts certificates that lead to one of a list, by issuers that are authorities and valid (RFC 5280, section 6). */
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
