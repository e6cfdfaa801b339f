import { scrypt } from 'node:crypto';
import { promisify } from 'node:util';

/** Makes each guess cost a tenth of a second. */
const SCRYPT = { N: 2 ** 16, r: 8, p: 1, maxmem: 128 * 1024 * 1024 };
const derive = promisify<string, string, number, typeof SCRYPT, Buffer>(scrypt);
const PURPOSE = 'stowage fingerprint of http.secret';
/** A shorter secret may be a word. */
const LONG = 32;
const BYTES = 16;
/** So few that a guess cannot be confirmed: one of 65536 words has the same ones. */
const BYTES_OF_SHORT = 2;

/**
 * What shows whether two secrets are the same, and nothing else about them. It takes a tenth of a second and 64 MiB, in
 * another thread.
 */
export async function fingerprintOf(secret: string): Promise<string> {
  const bytes = await derive(secret, PURPOSE, BYTES, SCRYPT);
  return secret.length >= LONG ? bytes.toString('hex') : `short-${bytes.subarray(0, BYTES_OF_SHORT).toString('hex')}`;
}

/** One after the other, because of the memory. */
export async function fingerprintsOf(secrets: readonly string[]): Promise<string[]> {
  const prints: string[] = [];
  for (const secret of secrets) prints.push(await fingerprintOf(secret));
  return prints;
}
