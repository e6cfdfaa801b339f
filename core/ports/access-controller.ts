import type { X509Certificate } from 'node:crypto';
import type { Actor } from '../registry/call-context.ts';

/** The token to which a plugin of the kind `access-controller` binds its port. */
export const ACCESS_CONTROLLER: unique symbol = Symbol.for('stowage/AccessController');

/** An action that a request requires, in the terms of Docker's token specification. */
export interface Access {
  readonly type: 'repository' | 'registry';
  /**
   * `*` means every repository; no repository can have that name. Of a registry, `catalog` is the right to list
   * repositories, and `admin` that to administrate everything; both have the action `*`.
   */
  readonly name: string;
  readonly action: 'pull' | 'push' | 'delete' | '*';
}

/** The certificate that a client presented in the TLS handshake. */
export interface ClientCertificate {
  readonly x509: X509Certificate;
  /** Whether an authority in `http.tls.clientcas` issued it. Any client can create an untrusted certificate. */
  readonly isTrusted: boolean;
}

/** The parts of a request that an access controller sees. */
export interface AccessRequest {
  /** The `Authorization` header, if there is one. */
  readonly authorization: string | undefined;
  readonly method: string;
  /**
   * Scheme and host that the client used, such as `https://registry.example.com`: `http.host`, or else what the request
   * itself claims. Absent when it claims nothing. Use it to build URLs for the response; it proves nothing.
   */
  readonly origin: string | undefined;
  /** The origin with the path that comes before `/v2/`, such as that of `http.prefix`; absent when the origin is. */
  readonly root: string | undefined;
  /**
   * The IP address of the client: as the proxies in `http.trustedproxies` report it if the connection comes from one of
   * them, otherwise that of the connection. Absent on a Unix socket without such proxies.
   */
  readonly address: string | undefined;
  /** Absent without TLS, and if the client presented none or a proxy terminated TLS. */
  readonly certificate: ClientCertificate | undefined;
  /**
   * Whether the route of a plugin is for clients that have logged in (`access: 'none'`). A token that anybody gets without
   * credentials admits to `/v2/`, where clients try it, but not to such a route.
   */
  readonly needsUser?: boolean;
}

/** The identity that was authenticated, and what it may do. */
export interface Grant {
  /** `undefined` for an anonymous user. */
  readonly actor: Actor | undefined;
  /**
   * Whether the same request would also be granted `access`. The catalog lists only repositories for which it allows
   * `pull`, so it is called for many names; one request stops after about 20 000 refusals. It returns a boolean, not a
   * promise. Without it, a client that may list the catalog sees all of it.
   */
  readonly allows?: (access: Access) => boolean;
  /** Whether the catalog shows a repository. Absent: when {@link allows} says that the user may pull it. */
  readonly mayList?: (name: string) => boolean;
  /** Whether the user may move existing tags of a repository, beyond setting new ones. Absent: yes. */
  readonly mayOverwrite?: (name: string) => boolean;
  /**
   * The name of the rule by which the user may or may not do something, for the audit log. It is asked when a request
   * has ended, once for each record. Absent, or `undefined`: no rule is recorded.
   * @param name of the repository; `undefined` for the catalog and for what belongs to no repository
   */
  readonly ruleOf?: (action: RuledAction, name: string | undefined) => string | undefined;
}

/** The actions for which the audit log asks for a rule. */
export type RuledAction = 'pull' | 'push' | 'overwrite' | 'delete' | 'list' | 'admin';

/** Decides whether a request gets the accesses that it requires. */
export interface AccessController {
  /**
   * Whether it refuses every request without an `Authorization` header, whatever else the request has, such as a
   * certificate. Then a policy that gives anonymous clients what they ask for need not ask it. Absent: no.
   */
  readonly needsAuthorization?: boolean;
  /**
   * @param accesses all must be allowed; an empty list requires only an authenticated user
   * @throws UnauthorizedError when other credentials, or any at all, could help
   * @throws RegistryError `DENIED` when they could not
   */
  authorize(request: AccessRequest, accesses: readonly Access[]): Promise<Grant>;
}
