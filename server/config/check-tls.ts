import { isOffered } from './cipher-suites.ts';
import type { Finding } from './problem.ts';
import { type ConfigNode, isFilled, ListNode, nodeAt, ScalarNode, textAt } from './tree.ts';

const TLS = ['http', 'tls'];
const PLAIN = 'without http.tls.certificate and http.tls.key the registry speaks plain HTTP';

/** Keys that promise a protection which is not there without a certificate or without authorities. */
export function checkTls(root: ConfigNode): Finding[] {
  const certificate = textAt(root, [...TLS, 'certificate']);
  const key = textAt(root, [...TLS, 'key']);
  if (certificate && !key) return [{ path: [...TLS, 'certificate'], message: 'needs http.tls.key as well' }];
  if (key && !certificate) return [{ path: [...TLS, 'key'], message: 'needs http.tls.certificate as well' }];
  return certificate ? checkWithCertificate(root) : checkWithoutCertificate(root);
}

/** Keys of TLS that are right and yet do nothing. */
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
