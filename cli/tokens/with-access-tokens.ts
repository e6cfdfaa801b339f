import type { CredentialSource } from '../../client/credentials/credential-source.ts';
import { parseHost } from '../../client/references/repository-reference.ts';
import { RemoteAccessTokens } from '../../client/remote/remote-access-tokens.ts';
import { RemoteClient } from '../../client/remote/remote-client.ts';
import type { ConnectionRequest } from '../client/connection-request.ts';
import type { Connections } from '../client/connections.ts';
import { runClient } from '../client/run-client.ts';
import type { ExitCode, Program } from '../command.ts';
import { userAndPassword } from '../login/given-user.ts';

/** Where tokens are managed, and who manages them. */
export interface TokensRequest {
  readonly registry: string;
  /** Absent: the stored log-in is used, and without a password in it, the user is asked. */
  readonly username: string | undefined;
  readonly fromInput: boolean;
  readonly json: boolean;
  readonly connection: ConnectionRequest;
}

/**
 * Runs what a command does with the personal access tokens of a registry.
 * @throws ClientFailure
 */
export async function withAccessTokens(
  request: TokensRequest,
  program: Program,
  action: (tokens: RemoteAccessTokens, signal: AbortSignal) => Promise<void>,
): Promise<ExitCode | void> {
  return await runClient(request, program, async ({ connections, signal }) => {
    const host = parseHost(request.registry);
    const credentials = await passwordFor(host, request, { connections, program, signal });
    await using client = new RemoteClient(await connections.remoteOptions(host, { credentials }));
    await action(new RemoteAccessTokens(client), signal);
  });
}

interface Asking {
  readonly connections: Connections;
  readonly program: Program;
  readonly signal: AbortSignal;
}

/** The stored log-in, if it has a password: a refresh token, which docker keeps instead, does not do. */
async function passwordFor(
  host: string,
  { username, fromInput }: TokensRequest,
  { connections, program, signal }: Asking,
): Promise<CredentialSource> {
  const stored = await connections.credentials();
  const known = username === undefined && !fromInput ? await stored.find(host, { signal }) : undefined;
  if (known !== undefined && known.username !== '' && known.password !== '') return stored;
  const given = await userAndPassword({ username, password: undefined, fromInput }, program, signal);
  const origin = fromInput ? 'standard input' : 'the terminal';
  return { find: () => Promise.resolve({ ...given, origin }) };
}
