import type { RouteAccess, RouteMethod } from '../api/route-descriptor.ts';
import type { RepositoryName } from '../model/reference.ts';

/** Routes of a plugin's own, below `/v2/_ext/<name>`. */
export interface RouteExtension {
  /** Lower-case letters and digits, with single `-` between them. */
  readonly name: string;
  readonly routes: readonly ExtensionRoute[];
}

/** One route of an extension. */
export interface ExtensionRoute {
  /**
   * What stands behind `/v2/_ext/<name>`: segments that begin with `/`. `<name>` stands for the name of a repository,
   * any other `<word>` for one segment.
   */
  readonly path: `/${string}`;
  readonly methods: readonly ExtensionMethod[];
}

/** One method of such a route. */
export interface ExtensionMethod {
  readonly method: RouteMethod;
  /**
   * What the access controller is asked for before `handle` runs. `pull`, `push` and `delete` need a path with
   * `<name>`. In a registry that is read-only, nothing but GET and HEAD runs; where deleting is off, no `delete`.
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
  /** What stands in the path for each `<word>`, percent-decoded. */
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
   * The whole body, instead of iterating it. It lies in memory that all requests share: past it, the client is asked to
   * come again later, and a client that sends too slowly is given up.
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
