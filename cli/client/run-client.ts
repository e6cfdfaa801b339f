import type { ExitCode, Program } from '../command.ts';
import { withClientErrors } from './client-failure.ts';
import type { ConnectionRequest } from './connection-request.ts';
import { Connections } from './connections.ts';
import { stoppable } from './stop-signal.ts';

/** What a command that works on images has while it runs. */
export interface ClientRun {
  readonly connections: Connections;
  /** Aborts when the user stops the program. */
  readonly signal: AbortSignal;
}

/** What is known of such a command before it runs. */
interface ClientRequest {
  readonly connection: ConnectionRequest;
  /** What becomes of its work when the user stops it. Absent: there is nothing to be said. */
  readonly stopNote?: string | undefined;
}

/** What becomes of a transfer that the user stops. */
export const TRANSFER_STOPPED = 'what was transferred is kept for the next time';

/**
 * Runs a command that works on images, and releases what it has opened.
 * @throws ClientFailure
 */
export async function runClient(
  { connection, stopNote }: ClientRequest,
  program: Program,
  action: (run: ClientRun) => Promise<ExitCode | void>,
): Promise<ExitCode | void> {
  using stopping = stoppable(stopNote);
  await using connections = new Connections(connection, program);
  const { signal } = stopping;
  return await withClientErrors(async () => {
    try {
      return await action({ connections, signal });
    } catch (error) {
      // Whatever it is, it comes from the signal.
      throw signal.aborted ? signal.reason : error;
    }
  });
}
