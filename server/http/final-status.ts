import type { ServerResponse } from 'node:http';

/** What a request whose response has closed is told with: its status, or nginx's 499 when the client has not got all of it. */
export function finalStatus(response: ServerResponse): number {
  return response.writableFinished ? response.statusCode : 499;
}
