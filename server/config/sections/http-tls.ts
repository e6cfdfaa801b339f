import type { z } from 'zod';
import type { Finding } from '../engine/problem.ts';
import { httpUrl, oneOf, text } from '../engine/scalars.ts';
import { group, listOf, setting } from '../engine/schema.ts';
import { type ConfigNode, isFilled, ListNode, nodeAt, ScalarNode, textAt } from '../engine/tree.ts';
import { cipherList, cipherSuite, isOffered } from './cipher-suites.ts';

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

export const tls = group(
  {
    certificate: setting(text, {
      reloads: true,
      kept: 'filled',
      description: 'file with the certificate and its chain (PEM); needs `key`',
    }),
    key: setting(text, { reloads: true, kept: 'filled', description: 'file with the private key (PEM)' }),
    minimumtls: setting(oneOf('tls1.2', 'tls1.3'), {
      reloads: true,
      kept: 'set',
      default: 'tls1.2',
      description: 'lowest version of TLS',
    }),
    clientcas: setting(listOf(text), {
      reloads: true,
      kept: 'valued',
      default: '[]',
      description: 'files with the authorities that sign client certificates (PEM)',
    }),
    clientauth: setting(clientAuth, {
      kept: 'valued',
      description:
        'which certificate a client needs; the default is `require-and-verify-client-cert` if there are `clientcas`',
    }),
    ciphersuites: setting(listOf(cipherSuite), {
      reloads: true,
      kept: 'set',
      default: '[]',
      description: 'TLS 1.2 cipher suites, by their Go names; without a list, the modern ones',
    }),
    letsencrypt: group(
      {
        cachefile: setting(text, { description: 'where certificates are kept' }),
        email: setting(text, { description: 'e-mail address of the account' }),
        hosts: setting(listOf(text), { default: '[]', description: 'hosts that get certificates' }),
        directoryurl: setting(httpUrl, { description: 'ACME directory to use instead of Let’s Encrypt' }),
      },
      {
        stops:
          'this version fetches no certificates; put one into http.tls.certificate and http.tls.key, or remove it to speak plain HTTP',
      },
    ),
  },
  { guarded: true, kept: 'filled' },
);

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

const TLS = ['http', 'tls'];
const PLAIN = 'without http.tls.certificate and http.tls.key the registry speaks plain HTTP';

/** Keys that promise a protection that does not exist without a certificate or authorities. */
export function checkTls(root: ConfigNode): Finding[] {
  const certificate = textAt(root, [...TLS, 'certificate']);
  const key = textAt(root, [...TLS, 'key']);
  if (certificate && !key) return [{ path: [...TLS, 'certificate'], message: 'needs http.tls.key as well' }];
  if (key && !certificate) return [{ path: [...TLS, 'key'], message: 'needs http.tls.certificate as well' }];
  return certificate ? checkWithCertificate(root) : checkWithoutCertificate(root);
}

/** Keys of TLS that are valid and have no effect. */
export function findIdleTls(root: ConfigNode): Finding[] {
  const suites = nodeAt(root, [...TLS, 'ciphersuites']);
  const written = ['minimumtls', 'ciphersuites'].filter((key) => isSet(root, key));
  if (!textAt(root, [...TLS, 'certificate'])) {
    return written.map((key) => ({ path: [...TLS, key], message: `has no effect: ${PLAIN}` }));
  }
  if (!(suites instanceof ListNode)) return [];
  if (suites.items.length > 0 && textAt(root, [...TLS, 'minimumtls'])?.toLowerCase() === 'tls1.3') {
    return [{ path: suitePath(), message: 'has no effect with http.tls.minimumtls tls1.3, which brings its own' }];
  }
  return suites.items.flatMap((item, index) => {
    if (!(item instanceof ScalarNode) || isOffered(item.text)) return [];
    return [{ path: suitePath(index), message: `${item.text} is not offered: the OpenSSL of this Node lacks it` }];
  });
}

function checkWithCertificate(root: ConfigNode): Finding[] {
  const findings: Finding[] = [];
  const clientAuth = textAt(root, [...TLS, 'clientauth'])?.toLowerCase();
  if (clientAuth?.includes('verify') === true && !isSet(root, 'clientcas')) {
    const message = `${clientAuth} needs http.tls.clientcas as well: the authorities to verify against`;
    findings.push({ path: [...TLS, 'clientauth'], message });
  }
  return findings;
}

function checkWithoutCertificate(root: ConfigNode): Finding[] {
  return ['clientcas', 'clientauth'].flatMap((key) => {
    if (!isSet(root, key)) return [];
    return [{ path: [...TLS, key], message: `cannot protect anything: ${PLAIN}, which asks no client who it is` }];
  });
}

function isSet(root: ConfigNode, key: string): boolean {
  const node = nodeAt(root, [...TLS, key]);
  return node !== undefined && isFilled(node);
}

function suitePath(index?: number): (string | number)[] {
  return [...TLS, 'ciphersuites', ...(index === undefined ? [] : [index])];
}
