import type { RegistryErrorCode } from '../model/errors.ts';
import type { ADMIN_ROOT } from './admin-root.ts';

/**
 * What a method requires from the access controller: an action in the repository of its path, the right to list the
 * catalog, or, for `none`, only that the client is admitted. `admin` requires an administrator of the repository that the
 * request names, or of everything if it names none. `public` skips the access controller: anybody may call the method,
 * which changes nothing in the registry (a token endpoint, a page).
 */
export type RouteAccess = 'pull' | 'push' | 'delete' | 'admin' | 'catalog' | 'none' | 'public';

/** The methods that routes of this API have. */
export type RouteMethod = 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';

/** A header or a query parameter. */
export interface ParameterDescriptor {
  readonly name: string;
  /** The form of a value, for example `<start>-<end>`. */
  readonly format: string;
  readonly description: string;
  /** In a request: the request fails without it. In an answer: every answer of this kind has it. */
  readonly required: boolean;
}

/** The body of a request or of an answer. */
export interface BodyDescriptor {
  readonly contentType: string;
  readonly description: string;
}

/** What a request may carry in addition to its path. */
export interface RequestDescriptor {
  readonly headers: readonly ParameterDescriptor[];
  readonly query: readonly ParameterDescriptor[];
  readonly body?: BodyDescriptor;
}

/** An answer that reports no error; 304 and 307 count among these. */
export interface SuccessDescriptor {
  readonly status: number;
  readonly description: string;
  readonly headers: readonly ParameterDescriptor[];
  /** Never sent in answers to HEAD. */
  readonly body?: BodyDescriptor;
}

/** An answer that reports an error; its status follows from the code. */
export interface FailureDescriptor {
  readonly code: RegistryErrorCode;
  /** When the method answers with this error. */
  readonly when: string;
  readonly headers: readonly ParameterDescriptor[];
}

/** One method of a route. */
export interface MethodDescriptor {
  readonly method: RouteMethod;
  readonly description: string;
  readonly access: RouteAccess;
  readonly request: RequestDescriptor;
  readonly successes: readonly SuccessDescriptor[];
  readonly failures: readonly FailureDescriptor[];
}

interface Described {
  readonly name: string;
  /** What the route gives access to, in a word or two. */
  readonly entity: string;
  readonly description: string;
  readonly methods: readonly MethodDescriptor[];
}

/**
 * One route. `path` is a template: `<name>` stands for the name of a repository, any other `<…>` for one segment. A
 * route without a repository must say so, since the access controller admits such requests only there. With `query`, the
 * parameter `repository` of the query names it, or is absent: a path that ends with a name could not be told apart from a
 * longer one.
 */
export type RouteDescriptor =
  | (Described & { readonly repository: true; readonly path: `/v2/<name>/${string}` })
  | (Described & { readonly repository: 'query'; readonly path: `${typeof ADMIN_ROOT}/${string}` })
  | (Described & { readonly repository: false; readonly path: `/v2/${string}` });
