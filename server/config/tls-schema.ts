import type { z } from 'zod';
import { cipherList, cipherSuite } from './cipher-suites.ts';
import { httpUrl, oneOf, text } from './scalars.ts';
import { group, listOf, setting } from './structure.ts';

const clientAuth = oneOf(
  'require-and-verify-client-cert',
  'require-any-client-cert',
  'verify-client-cert-if-given',
  'request-client-cert',
);

/** What is asked of a client: a certificate or none, of one of the authorities or of anybody. */
export type ClientAuth = z.output<typeof clientAuth>;

/** How TLS is spoken. Paths are as written. */
export interface TlsConfiguration {
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly minimumVersion: 'TLSv1.2' | 'TLSv1.3';
  /** In OpenSSL's notation, the preferred first; never empty. */
  readonly ciphers: string;
  /** Absent: no client is asked for a certificate. */
  readonly clientAuth?: ClientAuth;
  /** Never empty where `clientAuth` verifies. */
  readonly clientAuthorityFiles: readonly string[];
}

export const tls = group({
  certificate: setting(text, { about: 'file with the certificate and its chain (PEM); together with `key`' }),
  key: setting(text, { about: 'file with the private key (PEM)' }),
  minimumtls: setting(oneOf('tls1.2', 'tls1.3'), { default: 'tls1.2', about: 'lowest version of TLS' }),
  clientcas: setting(listOf(text), {
    default: '[]',
    about: 'files with the authorities of client certificates (PEM)',
  }),
  clientauth: setting(clientAuth, {
    about: 'what is asked of a client; without it `require-and-verify-client-cert` when there are `clientcas`',
  }),
  ciphersuites: setting(listOf(cipherSuite), {
    default: '[]',
    about: 'cipher suites of TLS 1.2, by Go name; without any the modern ones',
  }),
  letsencrypt: group(
    {
      cachefile: setting(text, { about: 'where certificates are kept' }),
      email: setting(text, { about: 'address of the account' }),
      hosts: setting(listOf(text), { default: '[]', about: 'hosts that get certificates' }),
      directoryurl: setting(httpUrl, { about: 'another ACME directory than that of Let’s Encrypt' }),
    },
    {
      stops:
        'this version fetches no certificates; put one into http.tls.certificate and http.tls.key, or remove it to speak plain HTTP',
    },
  ),
});

/** `undefined` for plain HTTP. */
export function toTls(settings: z.output<typeof tls>): TlsConfiguration | undefined {
  const { certificate, key, clientcas } = settings;
  if (!certificate || !key) return undefined;
  const clientAuth = settings.clientauth ?? (clientcas.length > 0 ? 'require-and-verify-client-cert' : undefined);
  return {
    certificateFile: certificate,
    keyFile: key,
    minimumVersion: settings.minimumtls === 'tls1.3' ? 'TLSv1.3' : 'TLSv1.2',
    ciphers: cipherList(settings.ciphersuites),
    ...(clientAuth && { clientAuth }),
    clientAuthorityFiles: clientcas,
  };
}
