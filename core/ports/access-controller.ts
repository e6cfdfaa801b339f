import type { X509Certificate } from 'node:crypto';
import type { Actor } from '../registry/call-context.ts';

/** What a plugin of the kind `access-controller` binds. */
export const ACCESS_CONTROLLER: unique symbol = Symbol.for('stowage/AccessController');

/** Something that a request wants to do, in the words of the token specification. */
export interface Access {
  readonly type: 'repository' | 'registry';
  /** `*` means every repository; no repository can have that name. */
  readonly name: string;
  readonly action: 'pull' | 'push' | 'delete' | '*';
}

/** The certificate by which a client has made itself known in the TLS handshake. */
export interface ClientCertificate {
  readonly x509: X509Certificate;
  /** Whether an authority of `http.tls.clientcas` has issued it. Any client can make one that is not trusted. */
  readonly isTrusted: boolean;
}

/** What an access controller sees of a request. */
export interface AccessRequest {
  /** The `Authorization` header, if there is one. */
  readonly authorization: string | undefined;
  readonly method: string;
  /**
   * The IP address of the client: the one that the proxies in `http.trustedproxies` name, where the connection comes
   * from one of them, otherwise that of the connection. Absent on a Unix socket without such proxies.
   */
  readonly address: string | undefined;
  /** Absent without TLS, and where the client gave none or a proxy ended its TLS. */
  readonly certificate: ClientCertificate | undefined;
}

/** Who was let in, and for what. */
export interface Grant {
  /** `undefined` for an anonymous user. */
  readonly actor: Actor | undefined;
  /**
   * Whether the same request would be granted `access`, without asking again. The catalog lists only repositories for
   * which it allows `pull`, so it is called for many names, at most some 20 000 that it refuses for one request; it
   * returns a boolean, not a promise. Without it, a client that may list the catalog sees all of it.
   */
  readonly allows?: (access: Access) => boolean;
}

/** Decides whether a request may do what it needs. */
export interface AccessController {
  /**
   * @param accesses all must be allowed; an empty list asks for an authenticated user only
   * @throws UnauthorizedError when (other) credentials could help
   * @throws RegistryError `DENIED` when they could not
   */
  authorize(request: AccessRequest, accesses: readonly Access[]): Promise<Grant>;
}
