import { type SharedKey, signText } from './shared-key.ts';

/** A key with which an account of Microsoft Entra ID may sign URLs for some days. */
export interface UserDelegationKey {
  readonly objectId: string;
  readonly tenantId: string;
  /** As the service wrote them. */
  readonly start: string;
  readonly expiry: string;
  readonly service: string;
  readonly version: string;
  readonly key: Buffer;
}

/** The blob that a URL is signed for. */
export interface BlobToSign {
  readonly accountName: string;
  readonly container: string;
  readonly key: string;
  /** Its URL without a signature. */
  readonly url: URL;
  readonly expiresInMs: number;
  readonly now?: Date;
}

/** The version of the form of signatures; a newer one would add fields. */
const VERSION = '2022-11-02';
/** Clocks may differ by this time. */
const EARLY_MS = 60_000;

/**
 * A URL with which any client may read a blob, with GET or HEAD, for a limited time: a shared access signature of the
 * account (https://learn.microsoft.com/rest/api/storageservices/create-service-sas) or of a user
 * (https://learn.microsoft.com/rest/api/storageservices/create-user-delegation-sas).
 */
export function signBlobUrl(signer: SharedKey | UserDelegationKey, blob: BlobToSign): URL {
  const { now = new Date(), expiresInMs, url } = blob;
  const start = timeOf(now.getTime() - EARLY_MS);
  const endMs = now.getTime() + Math.max(1000, expiresInMs);
  // The service refuses a URL that would outlive its key.
  const expiry = timeOf('objectId' in signer ? Math.min(endMs, Date.parse(signer.expiry)) : endMs);
  const protocol = url.protocol === 'https:' ? 'https' : 'https,http';
  const resource = `/blob/${blob.accountName}/${blob.container}/${blob.key}`;
  const delegation =
    'objectId' in signer
      ? {
          skoid: signer.objectId,
          sktid: signer.tenantId,
          skt: signer.start,
          ske: signer.expiry,
          sks: signer.service,
          skv: signer.version,
        }
      : undefined;
  // Empty are, in this order: what may identify a policy or an agent, an address, and after the resource a snapshot, an
  // encryption scope and five headers of the answer.
  const fields = [
    ...['r', start, expiry, resource],
    ...(delegation === undefined ? [''] : [...Object.values(delegation), '', '', '']),
    ...['', protocol, VERSION, 'b', '', '', '', '', '', '', ''],
  ];
  const query = { sv: VERSION, spr: protocol, st: start, se: expiry, sr: 'b', sp: 'r', ...delegation };
  const signed = new URL(url);
  for (const [name, value] of Object.entries(query)) signed.searchParams.set(name, value);
  signed.searchParams.set('sig', signText(signer.key, fields.join('\n')));
  return signed;
}

function timeOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
