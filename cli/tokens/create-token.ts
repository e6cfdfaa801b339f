import type { WantedAccessToken } from '../../client/remote/remote-access-tokens.ts';
import type { ExitCode, Program } from '../command.ts';
import { type TokensRequest, withAccessTokens } from './with-access-tokens.ts';

/** `stowage token create`: creates a personal access token. */
export interface TokenCreateRequest extends TokensRequest {
  readonly kind: 'token-create';
  readonly wanted: WantedAccessToken;
}

/** Prints the token to standard output, and its description to standard error. The token cannot be shown again. */
export async function run(request: TokenCreateRequest, program: Program): Promise<ExitCode | void> {
  return await withAccessTokens(request, program, async (tokens, signal) => {
    const created = await tokens.create(request.wanted, { signal });
    if (request.json) {
      program.print(`${JSON.stringify(created)}\n`);
      return;
    }
    const { token, id, user, expires } = created;
    program.note(`created the token ${String(id)} of ${String(user)}; ${endOf(expires)}. It is shown only now:`);
    program.print(`${String(token)}\n`);
  });
}

function endOf(expires: unknown): string {
  return expires === 'never' ? 'it does not expire' : `it expires at ${String(expires)}`;
}
