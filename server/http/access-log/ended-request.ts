import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestScope } from '../request-scope.ts';

/** A request whose response has been sent, or was cut off. */
export interface EndedRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly scope: RequestScope;
  /** Without the query. */
  readonly path: string;
  /** The address of the client, possibly as a proxy names it; absent on a Unix socket. */
  readonly remote: string | undefined;
  /** 499 when the client did not receive all of the response. */
  readonly status: number;
  readonly durationMs: number;
  /** Of the body of the response; of a response without a length, about as many as were sent. */
  readonly bytes: number;
}

/** Records a request; never throws. */
export type WriteRequest = (ended: EndedRequest) => void;
