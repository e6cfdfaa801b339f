import type { X509Certificate } from 'node:crypto';
import { type IncomingHttpHeaders, type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { isIP } from 'node:net';
import { rootCertificates, type TLSSocket } from 'node:tls';

/** How long an answer may take, in milliseconds. */
const LIMIT_MS = 15_000;

/** The head of an answer to an anonymous request, whatever the certificate. */
export interface AnsweredHead {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly httpVersion: string;
  /** By the clock of this machine, in milliseconds. */
  readonly beganAt: number;
  readonly endedAt: number;
  /** Absent: plain HTTP. */
  readonly tls?: {
    readonly leaf: X509Certificate | undefined;
    readonly version: string;
    /** Why a client would not trust it, as a code of OpenSSL; absent: it would. */
    readonly problem: string | undefined;
  };
}

/**
 * Sends an anonymous `GET`, and reads nothing but the head of the answer. It reports a certificate that is not trusted, and
 * asks all the same.
 * @param ca authorities in addition to those of Node, in PEM
 * @throws Error of the network
 */
export function askHead(url: URL, ca: string | readonly string[] = []): Promise<AnsweredHead> {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const options = { method: 'GET', agent: false, signal: AbortSignal.timeout(LIMIT_MS) };
  const tls = {
    ...(isIP(host) === 0 && { servername: host }),
    ca: [...rootCertificates, ...[ca].flat()],
    rejectUnauthorized: false,
  };
  const beganAt = Date.now();
  return new Promise((resolve, reject) => {
    const asked = url.protocol === 'https:' ? requestTls(url, { ...options, ...tls }) : requestPlain(url, options);
    asked.on('error', reject).on('response', (response) => {
      const head = headOf(response);
      response.destroy();
      resolve({ ...head, beganAt, endedAt: Date.now() });
    });
    asked.end();
  });
}

function headOf({
  statusCode = 0,
  headers,
  httpVersion,
  socket,
}: IncomingMessage): Omit<AnsweredHead, 'beganAt' | 'endedAt'> {
  const head = { status: statusCode, headers, httpVersion };
  if (!('authorized' in socket)) return head;
  const { authorized, authorizationError } = socket as TLSSocket;
  const leaf = (socket as TLSSocket).getPeerX509Certificate();
  const version = (socket as TLSSocket).getProtocol() ?? '';
  const problem = authorized ? undefined : codeOf(authorizationError);
  return { ...head, tls: { leaf, version, problem } };
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error);
}
