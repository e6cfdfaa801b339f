import type { ServerResponse } from 'node:http';

/** The status that log and metrics show for a closed response; nginx's 499 when the client did not receive all of it. */
export function finalStatus(response: ServerResponse): number {
  return response.writableFinished ? response.statusCode : 499;
}
