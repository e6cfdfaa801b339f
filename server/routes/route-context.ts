import type { RouteMethod } from '../../core/api/route-descriptor.ts';
import type { Route, RouteName } from '../../core/api/route-descriptors.ts';
import type { RouteParameters } from '../../core/api/route-pattern.ts';
import type { UrlBuilder } from '../../core/api/url-builder.ts';
import type { RepositoryName } from '../../core/model/reference.ts';
import type { Access, Grant } from '../../core/ports/access-controller.ts';
import type { CallContext } from '../../core/registry/call-context.ts';
import type { Context } from '../http/request-scope.ts';

type NameIn<Place extends boolean | 'query'> = Place extends true
  ? RepositoryName
  : Place extends 'query'
    ? RepositoryName | undefined
    : undefined;

/** One request to the route `Name`, after routing and authorization. */
export interface RouteContext<Name extends RouteName> {
  readonly ctx: Context;
  readonly parameters: RouteParameters<Name>;
  /** The repository in the path or the query. */
  readonly name: NameIn<Extract<Route, { name: Name }>['repository']>;
  /** What the access controller has granted; absent where it is not asked. */
  readonly grant: Grant | undefined;
  /** Builds the URLs of the answer. */
  readonly urls: UrlBuilder;
  /** Asks for accesses beyond those of the route; rejects like the access controller. */
  readonly authorize: (accesses: readonly Access[]) => Promise<Grant>;
  /** To be passed to the registry with every call. */
  readonly call: CallContext;
}

/** Parses, calls one service method, sets headers. */
export type Handler<Name extends RouteName> = (context: RouteContext<Name>) => Promise<void>;

/** A handler for each method that the route's descriptor lists; the registry does not start otherwise. */
export type Handlers<Name extends RouteName> = Readonly<Partial<Record<RouteMethod, Handler<Name>>>>;

/** The handlers of all routes. */
export type RouteHandlers = { readonly [Name in RouteName]: Handlers<Name> };
