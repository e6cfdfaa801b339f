import type { X509Certificate } from 'node:crypto';
import { calculateJwkThumbprint, createLocalJWKSet, exportJWK, type JWK, type LocalJWKSet } from 'jose';
import { keyId } from '../../../core/manifests/schema-1/json-web-key.ts';
import type { ParsedJwks } from './parse-jwks.ts';

/** The keys of the configured files, which never change. */
export interface KeySet {
  /** Authorities for chains of certificates in tokens. */
  readonly roots: readonly X509Certificate[];
  /** Finds a public key by the `kid` and the algorithm of a token. */
  readonly find: LocalJWKSet;
  readonly secrets: ReadonlyMap<string, Uint8Array>;
  /** The ids of all keys, for the log. */
  readonly ids: readonly string[];
}

/**
 * The keys of certificates and of a JSON Web Key Set. The key of a certificate has three ids, because token servers
 * name it differently: the fingerprint of libtrust (distribution 2), the thumbprint of RFC 7638, and the one that
 * distribution 3 computes, which omits leading zero bytes of a coordinate.
 * @throws Error when two keys of one kind have the same id
 */
export async function keySetOf(
  roots: readonly X509Certificate[],
  { publicKeys, secrets }: ParsedJwks,
): Promise<KeySet> {
  const keys: JWK[] = [];
  const thumbprints = new Map<string, string>();
  for (const key of [...publicKeys, ...(await keysOfCertificates(roots))]) {
    const thumbprint = await calculateJwkThumbprint(key);
    const place = `${key.kty}:${key.kid}`;
    const before = thumbprints.get(place);
    if (before === thumbprint) continue;
    if (before !== undefined) throw new Error(`two different keys have the kid ${JSON.stringify(key.kid)}`);
    thumbprints.set(place, thumbprint);
    keys.push(key);
  }
  const ids = [...keys.map(({ kid }) => kid ?? ''), ...secrets.keys()];
  return { roots, find: createLocalJWKSet({ keys }), secrets, ids };
}

async function keysOfCertificates(certificates: readonly X509Certificate[]): Promise<JWK[]> {
  const lists = certificates.map(async ({ publicKey }) => {
    const jwk = await exportJWK(publicKey);
    const shortened = { ...jwk, ...(jwk.x && { x: unpadded(jwk.x) }), ...(jwk.y && { y: unpadded(jwk.y) }) };
    const ids = [keyId(publicKey), await calculateJwkThumbprint(jwk), await calculateJwkThumbprint(shortened)];
    return [...new Set(ids)].map((kid): JWK => ({ ...jwk, kid }));
  });
  return (await Promise.all(lists)).flat();
}

function unpadded(base64url: string): string {
  const bytes = Buffer.from(base64url, 'base64url');
  const start = bytes.findIndex((byte) => byte !== 0);
  return bytes.subarray(Math.max(start, 0)).toString('base64url');
}
