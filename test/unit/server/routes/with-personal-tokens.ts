import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { Answer } from '../../../helpers/http/http-request.ts';
import { type Registry, withRegistry } from '../../../helpers/http/with-registry.ts';
import { ANN, BOB, basic, EVE } from '../../plugins/auth/htpasswd/fixture-passwords.ts';
import { folderWith } from '../../plugins/loading/fixture-folder.ts';

/** Ann administers everything, bob works in his team, and eve only pulls. */
export const RULES = [
  { repositories: ['**'], users: ['ann'], allow: ['admin'] },
  { repositories: ['team/**', 'public/**'], users: ['bob'], allow: ['overwrite', 'delete'] },
  { repositories: ['**'], users: ['eve'], allow: ['pull'] },
  { repositories: ['public/**'], anonymous: true, allow: ['pull'] },
];
export const [AS_ANN, AS_BOB, AS_EVE] = [
  basic('ann', ANN.password),
  basic('bob', BOB.password),
  basic('eve', EVE.password),
] as const;

/** What the registry answers about a token. */
export type TokenFields = Readonly<Record<string, unknown>>;

/** A registry with users who can create tokens. */
export interface PersonalTokens {
  readonly registry: Registry;
  /** The password file. */
  readonly file: string;
  readonly send: (method: string, path: string, authorization: string | undefined, body?: unknown) => Promise<Answer>;
  /** Creates a token. */
  readonly create: (authorization: string, wanted?: Readonly<Record<string, unknown>>) => Promise<TokenFields>;
  /** The tokens in a list. */
  readonly list: (authorization: string, query?: string) => Promise<readonly TokenFields[]>;
}

/** Starts a registry with the users ann, bob and eve; it is stopped when the test ends. */
export async function withPersonalTokens(
  t: ExecutionContext,
  { auth, ...options }: { auth?: Readonly<Record<string, unknown>> } & Parameters<typeof withRegistry>[1] = {},
): Promise<PersonalTokens> {
  const folder =
    options.folder ?? (await folderWith(t, { htpasswd: [ANN, BOB, EVE].map(({ line }) => `${line}\n`).join('') }));
  const registry = await withRegistry(t, {
    ...options,
    folder,
    auth: { htpasswd: { realm: 'here', path: 'htpasswd' }, ...auth },
    http: { secret: 'first'.repeat(8), ...options.http },
    others: { authorization: { rules: RULES }, ...options.others },
  });
  const send: PersonalTokens['send'] = (method, path, authorization, body) =>
    registry.ask(method, path, {
      headers: {
        ...(authorization !== undefined && { Authorization: authorization }),
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  return {
    registry,
    send,
    file: join(folder, 'htpasswd'),
    create: async (authorization, wanted = {}) => {
      const { status, text } = await send('POST', '/auth/tokens', authorization, { name: 'ci', ...wanted });
      if (status !== 201) throw new Error(`${status}: ${text}`);
      return JSON.parse(text) as TokenFields;
    },
    list: async (authorization, query = '') => {
      const { status, text } = await send('GET', `/auth/tokens${query}`, authorization);
      if (status !== 200) throw new Error(`${status}: ${text}`);
      return (JSON.parse(text) as { tokens: TokenFields[] }).tokens;
    },
  };
}
