import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { AccessRequest, ClientCertificate } from '../../../core/ports/access-controller.ts';
import { clientAddress } from '../../http/client-address.ts';
import type { HttpSettings } from '../../http/http-settings.ts';
import type { Context } from '../../http/request-scope.ts';

/** The view of a request that the access controller gets. Address and certificate are read on demand. */
export function accessRequestOf(ctx: Context, settings: HttpSettings): AccessRequest {
  return new RequestView(ctx, settings);
}

// A class, because the getters of a literal would be defined anew for each request.
class RequestView implements AccessRequest {
  readonly authorization: string | undefined;
  readonly method: string;
  readonly #request: IncomingMessage;
  readonly #peer: string | undefined;
  readonly #settings: HttpSettings;

  constructor({ req, method, state }: Context, settings: HttpSettings) {
    this.authorization = req.headers.authorization || undefined;
    this.method = method;
    this.#request = req;
    this.#peer = state.scope.peer;
    this.#settings = settings;
  }

  get address(): string | undefined {
    const { headers } = this.#request;
    return clientAddress({ headers, peer: this.#peer }, this.#settings.trustedProxies);
  }

  get certificate(): ClientCertificate | undefined {
    const { socket } = this.#request;
    if (!(socket instanceof TLSSocket)) return undefined;
    const x509 = socket.getPeerX509Certificate();
    return x509 && { x509, isTrusted: socket.authorized };
  }
}
