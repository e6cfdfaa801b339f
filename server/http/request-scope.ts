import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Middleware, ParameterizedContext } from 'koa';
import type { Logger } from '../../core/ports/logger.ts';
import type { Actor, CallContext } from '../../core/registry/call-context.ts';
import type { Query } from './query.ts';
import type { RequestBodies } from './request-bodies.ts';

/** What all requests share. */
export interface ScopeServices {
  readonly log: Logger;
  readonly bodies: RequestBodies;
}

/** What belongs to one request only; also the context of the calls that it makes. */
export class RequestScope implements CallContext {
  /** Finds the request in the log; every error body carries it. */
  readonly requestId: string;
  readonly method: string;
  readonly startedAt: number = performance.now();
  /** The address of the connection; absent on a Unix socket. */
  readonly peer: string | undefined;
  readonly log: Logger;
  /** All bodies that this process is receiving. */
  readonly bodies: RequestBodies;
  /** The name of the authenticated user. */
  user: string | undefined;
  /** The methods of its route that change nothing; they remain allowed when the storage accepts no changes. */
  readMethods = '';
  readonly #response: ServerResponse;
  #controller: AbortController | undefined;

  constructor(requestId: string, { log, bodies }: ScopeServices, response: ServerResponse) {
    this.requestId = requestId;
    this.method = response.req.method ?? '';
    // Read now: once the socket is destroyed, it may not say it any more.
    this.peer = response.req.socket.remoteAddress;
    this.log = log;
    this.bodies = bodies;
    this.#response = response;
  }

  get actor(): Actor | undefined {
    return this.user === undefined ? undefined : { name: this.user };
  }

  /** Aborts when the client goes away before it has received the answer. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      const controller = new AbortController();
      const response = this.#response;
      this.#controller = controller;
      response.once('close', () => {
        if (!response.writableFinished) controller.abort(new ClientGoneError());
      });
    }
    return this.#controller.signal;
  }
}

/** The client ended the connection in the middle of a request. */
export class ClientGoneError extends Error {
  constructor() {
    super('the client closed the connection');
  }
}

/** Whether `error` only says that the client went away. */
export function isClientGone(error: unknown, request: IncomingMessage, response: ServerResponse): boolean {
  if (error instanceof ClientGoneError) return true;
  if (request.destroyed && !request.complete) return true;
  // A write fails a moment before the response learns that its connection has ended.
  return (response.destroyed || request.socket.destroyed) && !response.writableFinished;
}

/** What the middleware passes on with a request. */
export interface RequestState {
  scope: RequestScope;
  /** Set for requests that have a route. */
  query: Query;
}

export type Context = ParameterizedContext<RequestState>;

const BASE36 = 36;

/** Gives every request its scope, and every answer the headers that all answers have. */
export function requestScope(
  services: ScopeServices,
  headers: Readonly<Record<string, readonly string[]>>,
): Middleware<RequestState> {
  const prefix = randomUUID().replaceAll('-', '').slice(0, 12);
  let count = 0;
  const fixed = Object.entries(headers).map(([name, values]) => [name, [...values]] as const);
  return (ctx, next) => {
    const requestId = `${prefix}-${(count++).toString(BASE36)}`;
    ctx.state.scope = new RequestScope(requestId, services, ctx.res);
    // Early clients mistake a registry without this header for one of version 1.
    ctx.set('Docker-Distribution-Api-Version', 'registry/2.0');
    ctx.set('X-Request-Id', requestId);
    for (const [name, values] of fixed) ctx.set(name, [...values]);
    return next();
  };
}
