import { X509Certificate } from 'node:crypto';

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
/** Chains of public authorities have three certificates. */
const MAX_CHAIN = 8;

/**
 * All certificates of a PEM text, in order.
 * @throws Error when there is none, or one is damaged
 */
export function parseCertificates(pem: string): readonly X509Certificate[] {
  const found = pem.match(PEM_CERTIFICATE) ?? [];
  if (found.length === 0)
    throw new Error(
      'it holds no certificate (-----BEGIN CERTIFICATE-----); a public key belongs into a key set, which `jwks` names',
    );
  return found.map((text, index) => {
    try {
      return new X509Certificate(text);
    } catch (cause) {
      throw new Error(`certificate ${index + 1} of ${found.length} is damaged; copy it again`, { cause });
    }
  });
}

/**
 * The certificate whose key signed a token, from the header `x5c` (RFC 7515, section 4.1.6): its certificate first,
 * then that of each issuer, in base64. All must be valid at `nowMs`, and the last one must be one of `roots` or be
 * issued by one.
 * @returns `undefined` when the chain leads to none of the roots
 */
export function trustedLeaf(
  x5c: readonly string[],
  roots: readonly X509Certificate[],
  nowMs: number,
): X509Certificate | undefined {
  if (x5c.length === 0 || x5c.length > MAX_CHAIN) return undefined;
  const chain: X509Certificate[] = [];
  for (const text of x5c) {
    const certificate = readDer(text);
    if (certificate === undefined || !isValidAt(certificate, nowMs)) return undefined;
    chain.push(certificate);
  }
  for (const [index, certificate] of chain.entries()) {
    if (roots.some((root) => isValidAt(root, nowMs) && (isSame(certificate, root) || isIssuedBy(certificate, root)))) {
      return chain[0];
    }
    const issuer = chain[index + 1];
    if (issuer === undefined || !isIssuedBy(certificate, issuer)) return undefined;
  }
  return undefined;
}

function readDer(base64: string): X509Certificate | undefined {
  try {
    return new X509Certificate(Buffer.from(base64, 'base64'));
  } catch {
    return undefined;
  }
}

function isSame(one: X509Certificate, other: X509Certificate): boolean {
  return one.raw.equals(other.raw);
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function isValidAt({ validFromDate, validToDate }: X509Certificate, nowMs: number): boolean {
  return validFromDate.getTime() <= nowMs && nowMs <= validToDate.getTime();
}
