import { RemoteError } from '../../client/http/remote-error.ts';
import { ClientFailure } from '../client/client-failure.ts';
import type { ExitCode, Program } from '../command.ts';
import { type TokensRequest, withAccessTokens } from './with-access-tokens.ts';

const NOT_FOUND = 404;
/** The exit code for what does not exist. */
const NOTHING_THERE = 4;

/** `stowage token revoke`: ends a personal access token. */
export interface TokenRevokeRequest extends TokensRequest {
  readonly kind: 'token-revoke';
  readonly id: string;
  /** Whose token it is; absent: the user's own. */
  readonly user: string | undefined;
}

export async function run(request: TokenRevokeRequest, program: Program): Promise<ExitCode | void> {
  return await withAccessTokens(request, program, async (tokens, signal) => {
    const { id, user, json, registry } = request;
    try {
      await tokens.revoke(id, { user }, { signal });
    } catch (cause) {
      if (!(cause instanceof RemoteError) || cause.status !== NOT_FOUND) throw cause;
      throw new ClientFailure(`${registry} has no such personal access token: ${id}`, NOTHING_THERE, { cause });
    }
    program.print(json ? `${JSON.stringify({ registry, id, revoked: true })}\n` : `revoked the token ${id}\n`);
  });
}
