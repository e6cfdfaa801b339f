import { TLSSocket } from 'node:tls';
import type { AccessRequest, ClientCertificate } from '../../../core/ports/access-controller.ts';
import { clientAddress } from '../../http/client-address.ts';
import type { HttpSettings } from '../../http/http-settings.ts';
import type { Context } from '../../http/request-scope.ts';

/** The view of a request that the access controller gets. Address and certificate are read on demand. */
export function accessRequestOf(ctx: Context, { trustedProxies }: HttpSettings): AccessRequest {
  const { req, method } = ctx;
  return {
    authorization: ctx.get('Authorization') || undefined,
    method,
    get address(): string | undefined {
      return clientAddress(req, trustedProxies);
    },
    get certificate(): ClientCertificate | undefined {
      if (!(req.socket instanceof TLSSocket)) return undefined;
      const x509 = req.socket.getPeerX509Certificate();
      return x509 && { x509, isTrusted: req.socket.authorized };
    },
  };
}
