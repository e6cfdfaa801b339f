import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/** By connection, because reading a certificate takes longer than most requests. */
const SUBJECTS = new WeakMap<TLSSocket, string | undefined>();

/** The subject of the certificate that a client has presented, if a trusted authority issued it: `CN=ann, O=Example`. */
export function certificateSubject(socket: Socket): string | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  if (!SUBJECTS.has(socket)) {
    const certificate = socket.authorized ? socket.getPeerX509Certificate() : undefined;
    SUBJECTS.set(socket, certificate?.subject.replaceAll('\n', ', '));
  }
  return SUBJECTS.get(socket);
}
