import { getCiphers } from 'node:tls';
import { didYouMean } from '../../../plugins/loading/suggest.ts';
import { BadValue, quote, type Schema, scalar } from '../engine/schema.ts';

/** The suites that distribution knows, by their Go names (IANA's), with their names in OpenSSL. */
const TLS12_SUITES: Readonly<Record<string, string>> = {
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 'ECDHE-RSA-AES128-GCM-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 'ECDHE-RSA-AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-ECDSA-CHACHA20-POLY1305',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-RSA-CHACHA20-POLY1305',
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: 'ECDHE-ECDSA-AES128-SHA',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: 'ECDHE-RSA-AES128-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: 'ECDHE-ECDSA-AES256-SHA',
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: 'ECDHE-RSA-AES256-SHA',
  TLS_RSA_WITH_AES_128_GCM_SHA256: 'AES128-GCM-SHA256',
  TLS_RSA_WITH_AES_256_GCM_SHA384: 'AES256-GCM-SHA384',
  TLS_RSA_WITH_AES_128_CBC_SHA: 'AES128-SHA',
  TLS_RSA_WITH_AES_256_CBC_SHA: 'AES256-SHA',
  TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA: 'ECDHE-RSA-DES-CBC3-SHA',
  TLS_RSA_WITH_3DES_EDE_CBC_SHA: 'DES-CBC3-SHA',
};

/** Go and OpenSSL use the same names for these. */
const TLS13_SUITES = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];

/** Forward secrecy and authenticated encryption: what distribution offers when the file says nothing. */
const MODERN = Object.values(TLS12_SUITES).slice(0, 6);

/** Go names of all suites that may be written. */
export const CIPHER_SUITE_NAMES: readonly string[] = [...Object.keys(TLS12_SUITES), ...TLS13_SUITES];

/** A cipher suite by its Go name; the result is its name in OpenSSL. */
export const cipherSuite: Schema<string> = scalar('text', ({ text }) => {
  const name = opensslName(text);
  if (name !== undefined) return name;
  const meant = Object.entries(TLS12_SUITES).find(([, openssl]) => openssl === text.toUpperCase());
  const hint = meant === undefined ? didYouMean(text, CIPHER_SUITE_NAMES) : `, did you mean "${meant[0]}"?`;
  const expected = 'expected a name such as TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256';
  throw new BadValue(`unknown cipher suite ${quote(text)}${hint || `, ${expected}`}`);
});

/** Whether the OpenSSL of this process can do a suite of {@link CIPHER_SUITE_NAMES}. */
export function isOffered(goName: string): boolean {
  const name = opensslName(goName);
  return name !== undefined && isAvailable(name);
}

/**
 * What to offer, in OpenSSL's notation and in the order of preference. As in Go the choice is one of TLS 1.2 alone: all
 * suites of TLS 1.3 are offered whatever was written. With none of TLS 1.2 left, that version is not spoken.
 * @param chosen names in OpenSSL; none means the modern ones
 */
export function cipherList(chosen: readonly string[]): string {
  const names = chosen.length > 0 ? chosen : MODERN;
  return [...TLS13_SUITES, ...names.filter((name) => !TLS13_SUITES.includes(name) && isAvailable(name))].join(':');
}

function isAvailable(name: string): boolean {
  return getCiphers().includes(name.toLowerCase());
}

function opensslName(goName: string): string | undefined {
  if (TLS13_SUITES.includes(goName)) return goName;
  return Object.hasOwn(TLS12_SUITES, goName) ? TLS12_SUITES[goName] : undefined;
}
