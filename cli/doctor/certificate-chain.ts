import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { rootCertificates } from 'node:tls';
import { type DoctorFinding, failure, note, ok, warning } from './check.ts';

const DAY_MS = 86_400_000;
/** Long enough to renew a certificate by hand. */
const SOON_DAYS = 30;
const MIN_RSA_BITS = 2048;

const PEM_CERTIFICATE = /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[\s\S]*?-----END [^\n]*-----/g;

/** Against what a chain is compared. */
export interface ChainContext {
  /** Where it comes from, for messages: the name of a file or a host. */
  readonly from: string;
  /** The name or address by which clients reach the registry; absent: unknown. */
  readonly host: string | undefined;
  readonly now: number;
}

/** The certificates in a text, in their order. @throws Error when one of them is malformed */
export function certificatesIn(pem: string): readonly X509Certificate[] {
  return (pem.match(PEM_CERTIFICATE) ?? []).map((block) => new X509Certificate(block));
}

/** What clients of a server with this chain will meet. */
export function chainFindings(chain: readonly X509Certificate[], context: ChainContext): readonly DoctorFinding[] {
  const [leaf] = chain;
  if (leaf === undefined) return [failure(`${context.from} contains no certificate`)];
  const others = chain.slice(1).flatMap((certificate) => timeFindings(certificate, context));
  return [...leafFindings(leaf, context), ...others, ...orderFindings(chain, context)];
}

/** What clients will meet that trust the issuer of a certificate. */
export function leafFindings(leaf: X509Certificate, context: ChainContext): DoctorFinding[] {
  return [...nameFindings(leaf, context), ...timeFindings(leaf, context), ...keyFindings(leaf, context)];
}

/** Whether a certificate is valid, and for how long. */
export function timeFindings(certificate: X509Certificate, { from, now }: ChainContext): DoctorFinding[] {
  const name = `${from}: the certificate of ${nameOf(certificate)}`;
  const days = (certificate.validToDate.getTime() - now) / DAY_MS;
  const until = certificate.validToDate.toISOString().slice(0, 10);
  if (certificate.validFromDate.getTime() > now) return [failure(`${name} is not valid yet`, 'look at the clocks')];
  if (days < 0) return [failure(`${name} expired on ${until}`, 'renew it; a running registry reads the file again')];
  if (days < SOON_DAYS) return [warning(`${name} expires in ${Math.floor(days)} days, on ${until}`, 'renew it')];
  return [ok(`${name} is valid until ${until}`)];
}

function nameFindings(leaf: X509Certificate, { from, host }: ChainContext): DoctorFinding[] {
  if (host === undefined) return [];
  const isFor = (isIP(host) === 0 ? leaf.checkHost(host) : leaf.checkIP(host)) !== undefined;
  if (isFor) return [ok(`${from} is for ${host}`)];
  const names = leaf.subjectAltName ?? 'no name at all';
  return [
    failure(`${from} is not for ${host}, but for ${names}`, `get a certificate for ${host}, or correct http.host`),
  ];
}

function keyFindings(leaf: X509Certificate, { from }: ChainContext): DoctorFinding[] {
  const bits = leaf.publicKey.asymmetricKeyDetails?.modulusLength;
  if (bits === undefined || bits >= MIN_RSA_BITS) return [];
  return [failure(`${from} has an RSA key of ${bits} bits, which clients refuse`, 'use 2048 bits, or P-256')];
}

function orderFindings(chain: readonly X509Certificate[], { from }: ChainContext): DoctorFinding[] {
  for (const [index, certificate] of chain.entries()) {
    const next = chain[index + 1];
    if (next === undefined) return endFindings(certificate, { from, length: chain.length });
    if (certificate.checkIssued(next)) continue;
    const isLater = chain.some((other) => other !== certificate && certificate.checkIssued(other));
    const remedy = 'put the certificate of the server first, then each one that has signed the one before it';
    if (isLater) return [failure(`${from} has its certificates in the wrong order`, remedy)];
    const finding = `${from}: ${nameOf(next)} has not signed ${nameOf(certificate)}, which it follows`;
    return [failure(finding, remedy)];
  }
  return [];
}

/** What follows the last certificate has to be known to clients. */
function endFindings(
  last: X509Certificate,
  { from, length }: { readonly from: string; readonly length: number },
): DoctorFinding[] {
  if (last.checkIssued(last)) {
    return length === 1
      ? [note(`${from} has signed itself, so that each client has to trust it by name`, 'docs/quick-starts/tls.md')]
      : [note(`${from} ends with the root ${nameOf(last)}, which clients have to know anyway`)];
  }
  if (isPublic(last)) return [ok(`${from} is a complete chain up to a public authority`)];
  const finding = `${from} ends with a certificate that ${nameOf(last, 'issuer')} has signed`;
  // Public authorities say where the certificate of the issuer is to be had.
  if (last.infoAccess?.includes('CA Issuers') === true) {
    return [failure(`${finding}, which is missing`, 'append the intermediate certificates (fullchain.pem)')];
  }
  return [note(`${finding}: clients have to know it`, 'if it is an intermediate authority, append its certificate')];
}

function isPublic(certificate: X509Certificate): boolean {
  return rootCertificates.some((pem) => certificate.checkIssued(new X509Certificate(pem)));
}

function nameOf(certificate: X509Certificate, whose: 'subject' | 'issuer' = 'subject'): string {
  const name = certificate[whose];
  return JSON.stringify(/^CN=(.*)$/m.exec(name)?.[1] ?? name);
}
