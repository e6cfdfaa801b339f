import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Middleware, ParameterizedContext } from 'koa';
import type { RegistryError } from '../../core/model/errors.ts';
import type { RepositoryName } from '../../core/model/reference.ts';
import type { Logger } from '../../core/ports/logger.ts';
import type { Actor, CallContext } from '../../core/registry/call-context.ts';
import type { AuditFacts } from './audit-facts.ts';
import { isTrustedPeer } from './client-address.ts';
import type { HttpSettings } from './http-settings.ts';
import type { Query } from './query.ts';
import type { RequestBodies } from './request-bodies.ts';

/** What all requests share. */
export interface ScopeServices {
  readonly log: Logger;
  readonly bodies: RequestBodies;
}

/** A manifest or a blob that a request has read or stored. */
export interface RequestContent {
  readonly repository: RepositoryName;
  readonly digest: string;
  /** Of the manifest or the blob itself, in bytes. */
  readonly size: number;
  /** Absent for a blob. */
  readonly manifest?: { /** As the client named it. */ readonly reference: string; readonly bytes: Uint8Array };
}

/** By what a request is found in the logs of this registry and of the proxies in front of it. */
export interface RequestIds {
  readonly requestId: string;
  /** The W3C Trace Context that a trusted proxy has sent. */
  readonly traceparent?: string | undefined;
}

/** What belongs to one request only; also the context of the calls that it makes. */
export class RequestScope implements CallContext {
  /** Finds the request in the log; every error body carries it. That of a trusted proxy is kept. */
  readonly requestId: string;
  /** The fields that every log line about this request carries. */
  readonly ids: RequestIds;
  readonly method: string;
  readonly startedAt: number = performance.now();
  /** The address of the connection; absent on a Unix socket. */
  readonly peer: string | undefined;
  readonly log: Logger;
  /** All bodies that this process is receiving. */
  readonly bodies: RequestBodies;
  /** The name of the authenticated user. */
  user: string | undefined;
  mayOverwrite: CallContext['mayOverwrite'];
  /** For the audit log; absent while there is none. */
  audit: AuditFacts | undefined;
  tagChanged: CallContext['tagChanged'];
  /** The methods of its route that change nothing; they remain allowed when the storage accepts no changes. */
  readMethods = '';
  /** For the access log. */
  content: RequestContent | undefined;
  /** The error that the request was answered with. */
  failure: RegistryError | undefined;
  readonly #response: ServerResponse;
  #controller: AbortController | undefined;

  constructor(ids: RequestIds, { log, bodies }: ScopeServices, response: ServerResponse) {
    this.ids = ids;
    this.requestId = ids.requestId;
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
/** What nginx, Envoy, HAProxy and Traefik generate, and nothing that could forge a line of a log. */
const REQUEST_ID = /^[\w.:@=+/-]{1,128}$/;
/** W3C Trace Context, section 3.2. */
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * Gives every request its scope, and every answer the headers that all answers have. The request ID and the trace of a
 * trusted proxy are kept, in the log and in the answer; those of all others are ignored.
 */
export function requestScope(
  services: ScopeServices,
  { headers, trustedProxies }: Pick<HttpSettings, 'headers' | 'trustedProxies'>,
): Middleware<RequestState> {
  const prefix = randomUUID().replaceAll('-', '').slice(0, 12);
  let count = 0;
  const fixed = Object.entries(headers).map(([name, values]) => [name, [...values]] as const);
  return (ctx, next) => {
    const isProxied = trustedProxies !== undefined && isTrustedPeer(ctx.req.socket.remoteAddress, trustedProxies);
    const requestId =
      (isProxied && matching(ctx.req.headers['x-request-id'], REQUEST_ID)) || `${prefix}-${(count++).toString(BASE36)}`;
    const traceparent = isProxied ? matching(ctx.req.headers['traceparent'], TRACEPARENT) : undefined;
    const ids = traceparent === undefined ? { requestId } : { requestId, traceparent };
    ctx.state.scope = new RequestScope(ids, services, ctx.res);
    // Early clients mistake a registry without this header for one of version 1.
    ctx.set('Docker-Distribution-Api-Version', 'registry/2.0');
    ctx.set('X-Request-Id', requestId);
    if (traceparent !== undefined) ctx.set('traceparent', traceparent);
    for (const [name, values] of fixed) ctx.set(name, [...values]);
    return next();
  };
}

function matching(header: string | string[] | undefined, pattern: RegExp): string | undefined {
  return typeof header === 'string' && pattern.test(header) ? header : undefined;
}
