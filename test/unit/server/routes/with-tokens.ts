import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { Answer } from '../../../helpers/http/http-request.ts';
import { type Registry, withRegistry } from '../../../helpers/http/with-registry.ts';
import { ANN, BOB } from '../../plugins/auth/htpasswd/fixture-passwords.ts';
import { folderWith } from '../../plugins/loading/fixture-folder.ts';

/** Everybody pulls what is public, and ann also pushes and deletes there. */
export const RULES = [
  { repositories: ['public/**'], anonymous: true, authenticated: true, allow: ['pull'] },
  { repositories: ['public/**'], users: ['ann'], allow: ['push', 'delete'] },
];
/** The scope for the list of repositories. */
export const CATALOG = 'registry:catalog:*';
/** Long enough for tokens. */
export const SECRET = 'first'.repeat(8);

/** A registry that issues tokens. */
export interface Tokens {
  readonly registry: Registry;
  /** The password file. */
  readonly file: string;
  /** Asks for a token with these scopes. */
  readonly get: (scopes: readonly string[], authorization?: string) => Promise<Answer>;
  /** The status of a request with such a token, and the error of its challenge. */
  readonly use: (
    scopes: readonly string[],
    request: readonly [method: string, path: string],
    authorization?: string,
  ) => Promise<[status: number, error: string | undefined]>;
}

/** The differences from a registry with {@link RULES}. */
export interface TokenSettings {
  readonly rules?: readonly object[] | 'none';
  readonly http?: Record<string, unknown>;
  /** The value of `auth.token.embedded`. */
  readonly embedded?: unknown;
  /** Files beside the configuration. */
  readonly files?: Readonly<Record<string, string>>;
  readonly plugins?: readonly string[];
}

/** Starts a registry that issues tokens to ann and bob; it is stopped when the test ends. */
export async function withTokens(
  t: ExecutionContext,
  { rules = RULES, http, embedded, files, plugins = [] }: TokenSettings = {},
): Promise<Tokens> {
  const folder = await folderWith(t, { htpasswd: `${ANN.line}\n${BOB.line}\n`, ...files });
  const token = embedded === undefined ? {} : { token: { embedded } };
  const auth = { htpasswd: { realm: 'here', path: 'htpasswd' }, ...token };
  const others = { plugins, ...(rules !== 'none' && { authorization: { rules } }) };
  const registry = await withRegistry(t, { auth, folder, http: { secret: SECRET, ...http }, others });
  const get: Tokens['get'] = (scopes, authorization) => {
    const query = new URLSearchParams({ service: 'stowage' });
    for (const scope of scopes) query.append('scope', scope);
    const headers = authorization === undefined ? {} : { Authorization: authorization };
    return registry.ask('GET', `/auth/token?${String(query)}`, { headers });
  };
  const use: Tokens['use'] = async (scopes, [method, path], authorization) => {
    const headers = { Authorization: `Bearer ${tokenIn(await get(scopes, authorization))}` };
    const answer = await registry.ask(method, path, { headers });
    return [answer.status, /error="(\w+)"/.exec(answer.headers['www-authenticate'] ?? '')?.[1]];
  };
  return { registry, get, use, file: join(folder, 'htpasswd') };
}

/** The token in an answer of the token server. */
export function tokenIn({ text }: Answer): string {
  return (JSON.parse(text) as { token: string }).token;
}
