import type { RemoteAccessToken, TokenOwner } from '../../client/remote/remote-access-tokens.ts';
import type { ExitCode, Program } from '../command.ts';
import { textTable } from '../text-table.ts';
import { type TokensRequest, withAccessTokens } from './with-access-tokens.ts';

/** `stowage token list`: lists personal access tokens. */
export interface TokenListRequest extends TokensRequest {
  readonly kind: 'token-list';
  readonly owner: TokenOwner;
}

const HEADINGS = ['ID', 'USER', 'NAME', 'EXPIRES', 'LAST USED', 'LIMITS'];
const DAY_LENGTH = 'yyyy-mm-dd'.length;

/** Prints a table, the newest token first. */
export async function run(request: TokenListRequest, program: Program): Promise<ExitCode | void> {
  return await withAccessTokens(request, program, async (tokens, signal) => {
    const found = await tokens.list(request.owner, { signal });
    if (request.json) program.print(`${JSON.stringify({ tokens: found })}\n`);
    else if (found.length === 0) program.note('there are no tokens');
    else program.print(textTable([HEADINGS, ...found.map(rowOf)]));
  });
}

function rowOf(token: RemoteAccessToken): string[] {
  const { id, user, name, expires, last_used: lastUsed, actions, repositories } = token;
  const limits = [actions, repositories].filter(Array.isArray).map((words) => words.join(','));
  const end = expires === 'never' ? 'never' : dayOf(expires);
  return [textOf(id), textOf(user), textOf(name), end, dayOf(lastUsed), limits.join(' in ') || '-'];
}

function dayOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, DAY_LENGTH) : '-';
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '-';
}
