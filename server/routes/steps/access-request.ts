import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { AccessRequest, ClientCertificate } from '../../../core/ports/access-controller.ts';
import { clientAddress } from '../../http/client-address.ts';
import type { HttpSettings } from '../../http/http-settings.ts';
import type { Context } from '../../http/request-scope.ts';
import { answerOrigin, answerRoot } from '../answer-urls.ts';

/** The view of a request that the access controller gets. Address and certificate are read on demand. */
export function accessRequestOf(ctx: Context, settings: HttpSettings, needsUser = false): AccessRequest {
  return new RequestView(ctx, settings, needsUser);
}

// A class, because the getters of a literal would be defined anew for each request.
class RequestView implements AccessRequest {
  readonly authorization: string | undefined;
  readonly method: string;
  readonly needsUser: boolean;
  readonly #ctx: Context;
  readonly #request: IncomingMessage;
  readonly #peer: string | undefined;
  readonly #settings: HttpSettings;

  constructor(ctx: Context, settings: HttpSettings, needsUser: boolean) {
    const { req, method, state } = ctx;
    this.#ctx = ctx;
    this.authorization = req.headers.authorization || undefined;
    this.method = method;
    this.needsUser = needsUser;
    this.#request = req;
    this.#peer = state.scope.peer;
    this.#settings = settings;
  }

  get origin(): string | undefined {
    return answerOrigin(this.#ctx, this.#settings.urls);
  }

  get root(): string | undefined {
    return answerRoot(this.#ctx, this.#settings.urls);
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
