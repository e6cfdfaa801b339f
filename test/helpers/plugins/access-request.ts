import type { AccessRequest } from '../../../core/ports/access-controller.ts';

/** A request of a client without TLS that sends this `Authorization` header. */
export function requestWith(authorization?: string): AccessRequest {
  return {
    authorization,
    method: 'GET',
    address: '192.0.2.1',
    origin: 'http://localhost:5000',
    root: 'http://localhost:5000',
    certificate: undefined,
  };
}
