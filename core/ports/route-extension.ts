import type { RouteAccess, RouteMethod } from '../api/route-descriptor.ts';
import type { RepositoryName } from '../model/reference.ts';

/** What a plugin of the kind `route-extension` binds. */
export const ROUTE_EXTENSION: unique symbol = Symbol.for('stowage/RouteExtension');

/** Routes of a plugin's own, below `/v2/_ext/<name>` or where it is mounted. */
export interface RouteExtension {
  /** Lower-case letters and digits, with single `-` between them. */
  readonly name: string;
  /**
   * One segment, for example `/auth`, in the place of `/v2/_ext/<name>`; it comes after `http.prefix`. The registry does not
   * start when it is a path of its own (`/v2`, `/livez`, `/readyz`, `/metrics`, `/debug`) or that of another extension.
   */
  readonly mount?: `/${string}`;
  readonly routes: readonly ExtensionRoute[];
}

/** One route of an extension. */
export interface ExtensionRoute {
  /**
   * What comes after `/v2/_ext/<name>` or the mount: segments that begin with `/`, or `/` alone for that path itself.
   * `<name>` stands for the name of a repository, any other `<word>` for one segment.
   */
  readonly path: `/${string}`;
  readonly methods: readonly ExtensionMethod[];
}

/** One method of such a route. */
export interface ExtensionMethod {
  readonly method: RouteMethod;
  /**
   * What the access controller is asked for before `handle` runs. `pull`, `push` and `delete` need a path with
   * `<name>`. For `public` it is not asked, and no user is known. In a registry that is read-only, nothing but GET, HEAD
   * and what is public runs, so that `handle` of a public method must not change the registry; where deleting is off, no
   * `delete`.
   */
  readonly access: RouteAccess;
  /**
   * @throws RegistryError that becomes the answer; any other error becomes a 500 that tells the client nothing
   */
  readonly handle: (request: ExtensionRequest) => Promise<ExtensionResponse>;
}

/** A request that was let in. */
export interface ExtensionRequest {
  readonly method: string;
  /** As it was sent, without the query. */
  readonly path: string;
  /**
   * What stands in the path for each `<word>`, percent-decoded; as it was sent where an escape of the path is malformed
   * (`%zz`) or not UTF-8.
   */
  readonly parameters: Readonly<Record<string, string>>;
  /** The repository of the path, where it has one. */
  readonly repository: RepositoryName | undefined;
  readonly query: URLSearchParams;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Who was let in; `undefined` for an anonymous one. */
  readonly user: string | undefined;
  readonly requestId: string;
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal;
  /** The body, of any length; iterated once. */
  readonly body: AsyncIterable<Uint8Array>;
  /**
   * The whole body, instead of iterating it. It is held in memory that all requests share: when that is full, the client is
   * asked to come again later. A body that arrives too slowly is refused.
   * @throws RegistryError which becomes the answer, also when the body is larger than `maxBytes`
   */
  readonly readBody: (maxBytes: number) => Promise<Uint8Array>;
}

/** The answer of an extension. */
export interface ExtensionResponse {
  /** 200 to 599. */
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** None without it; never sent in an answer to HEAD. */
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>;
}
