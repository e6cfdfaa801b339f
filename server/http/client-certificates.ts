import type { Server } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Logger } from '../../core/ports/logger.ts';
import type { ClientAuth } from '../config/index.ts';
import { isPlainRequest, type WrongProtocol } from './wrong-protocol.ts';

/** Why a client is rejected; `undefined` when it is not. */
type Refusal = (socket: TLSSocket) => string | undefined;

const REFUSALS = {
  'request-client-cert': () => undefined,
  'require-any-client-cert': absence,
  'verify-client-cert-if-given': (socket) => (absence(socket) === undefined ? distrust(socket) : undefined),
  'require-and-verify-client-cert': (socket) => absence(socket) ?? distrust(socket),
} as const satisfies Record<ClientAuth, Refusal>;

/**
 * Ends the connections of clients that must be rejected, before a byte of a request is read; Node alone can only require
 * a trusted certificate or nothing. Logs every failed handshake, because the client itself often learns only that the
 * connection has ended.
 * @param server a TLS server
 * @param clientAuth absent: no client is rejected
 */
export function guardHandshakes(
  server: Server,
  clientAuth: ClientAuth | undefined,
  { log, wrongProtocol }: { readonly log: Logger; readonly wrongProtocol: WrongProtocol },
): void {
  server.on('tlsClientError', (error: NodeJS.ErrnoException & { reason?: string }, socket: TLSSocket) => {
    if (isPlainRequest(error)) return wrongProtocol.refusePlain(socket);
    // Load balancers keep opening and closing connections to see whether the port is open.
    const isProbe = error.code === 'ECONNRESET' && trustProblem(socket) === undefined;
    const reason = trustProblem(socket) ?? error.reason ?? error.message;
    log[isProbe ? 'debug' : 'info'](failure(socket, reason), 'TLS handshake failed');
  });
  if (clientAuth === undefined) return;
  server.prependListener('secureConnection', (socket: TLSSocket) => {
    const refusal = REFUSALS[clientAuth](socket);
    if (refusal === undefined) return;
    log.info(failure(socket, refusal), 'TLS handshake failed');
    socket.destroy();
  });
}

function failure({ remoteAddress }: TLSSocket, reason: string): { remote: string | undefined; reason: string } {
  return { remote: remoteAddress, reason };
}

function absence(socket: TLSSocket): string | undefined {
  return socket.getPeerX509Certificate() === undefined ? 'the client gave no certificate' : undefined;
}

function distrust(socket: TLSSocket): string | undefined {
  return socket.authorized ? undefined : (trustProblem(socket) ?? 'the certificate is not trusted');
}

/** Node's types promise an error where Node gives a code, or null. */
function trustProblem({ authorizationError }: TLSSocket): string | undefined {
  const code: unknown = authorizationError;
  return typeof code === 'string' ? code : undefined;
}
