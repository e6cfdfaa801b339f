import type { RouteAccess, RouteMethod } from '../api/route-descriptor.ts';
import type { RepositoryName } from '../model/reference.ts';
import type { Actor } from '../registry/call-context.ts';
import type { AuditRecord } from './audit-record.ts';

/** The token to which a plugin of the kind `route-extension` binds its port. */
export const ROUTE_EXTENSION: unique symbol = Symbol.for('stowage/RouteExtension');

/** Additional routes that a plugin serves, below `/v2/_ext/<name>` or at its mount. */
export interface RouteExtension {
  /** Lower-case letters and digits, separated by single `-`. Not `admin`, unless there is a mount. */
  readonly name: string;
  /**
   * One segment, such as `/auth`, that replaces `/v2/_ext/<name>`; it follows `http.prefix`. The registry does not
   * start if it is a path of the registry (`/v2`, `/livez`, `/readyz`, `/metrics`, `/debug`) or of another extension.
   */
  readonly mount?: `/${string}`;
  readonly routes: readonly ExtensionRoute[];
}

/** One route of an extension. */
export interface ExtensionRoute {
  /**
   * The path after `/v2/_ext/<name>` or the mount: segments that begin with `/`, or `/` alone for that path itself.
   * `<name>` stands for the name of a repository, any other `<word>` for one segment.
   */
  readonly path: `/${string}`;
  readonly methods: readonly ExtensionMethod[];
}

/** One method of such a route. */
export interface ExtensionMethod {
  readonly method: RouteMethod;
  /**
   * The access that is required before `handle` runs. `pull`, `push` and `delete` need a path with `<name>`.
   * `admin` requires an administrator of the repository in the path, or of everything if it has none. For
   * `public` the access controller is not consulted, and no user is known. While the registry is read-only, only GET,
   * HEAD and public methods run, so the `handle` of a public method must not change the registry. If deletion is
   * disabled, no `delete` method runs.
   */
  readonly access: RouteAccess;
  /**
   * @throws RegistryError, which becomes the answer; any other error becomes a 500 without details
   */
  readonly handle: (request: ExtensionRequest) => Promise<ExtensionResponse>;
}

/** What a request did, in addition to what the registry knows: who authenticated on a public route, for example. */
export interface AuditedAct
  extends Pick<AuditRecord, 'action'>,
    Partial<Pick<AuditRecord, 'repository' | 'tokenId' | 'reason'>> {
  /** If the answer is an error whose status does not say it: 401, 403 and some codes of errors mean a refusal. */
  readonly outcome?: 'refused' | undefined;
  /** Who did it, if that is not the user whom the access controller has admitted. */
  readonly actor?: Actor | undefined;
}

/** A request that was admitted. */
export interface ExtensionRequest {
  readonly method: string;
  /** As sent, without the query. */
  readonly path: string;
  /**
   * The text in the path for each `<word>`, percent-decoded; as sent if the path contains a malformed escape (`%zz`) or
   * one that is not UTF-8.
   */
  readonly parameters: Readonly<Record<string, string>>;
  /** The repository in the path, if it has one. */
  readonly repository: RepositoryName | undefined;
  readonly query: URLSearchParams;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The authenticated user; `undefined` for an anonymous one. */
  readonly user: string | undefined;
  /**
   * The IP address of the client, as access controllers see it; absent on a Unix socket without trusted proxies.
   */
  readonly address: string | undefined;
  readonly requestId: string;
  /**
   * Says for the audit log what the request did, or is about to try, if its method and `access` do not tell. The last
   * call counts. The record is written when the request has ended, with its final status.
   */
  readonly audit: (act: AuditedAct) => void;
  /** Aborts when the client disconnects. */
  readonly signal: AbortSignal;
  /** The body, of any length; it can be iterated once. */
  readonly body: AsyncIterable<Uint8Array>;
  /**
   * Reads the whole body, instead of iterating it. All requests share the memory for bodies: when it is full, the
   * client is asked to retry later. A body that arrives too slowly is rejected.
   * @throws RegistryError which becomes the answer, for example when the body is larger than `maxBytes`
   */
  readonly readBody: (maxBytes: number) => Promise<Uint8Array>;
}

/** The answer of an extension. */
export interface ExtensionResponse {
  /** 200 to 599. */
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: no body. It is never sent in an answer to HEAD. */
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>;
}
