import { z } from 'zod';
import type { Access } from '../../../core/ports/access-controller.ts';
import { withImplied } from '../../authorization/policy-rule.ts';
import { matchesAny, repositoryPattern } from '../../patterns/name-pattern.ts';
import type { AccessLimit } from '../credentials/identity.ts';

/** What a token can be limited to. Administration is left out: a token that does everything has no limit. */
export const TOKEN_ACTIONS = ['list', 'pull', 'push', 'overwrite', 'delete'] as const;

const Record = z.strictObject({
  id: z.string(),
  user: z.string().min(1),
  /** The kind of credentials by which the user had logged in, such as `htpasswd`. */
  origin: z.string(),
  /** Who vouched for the user and the groups then; absent if the registry knows its users itself. */
  issuer: z.string().optional(),
  groups: z.array(z.string()).optional(),
  name: z.string(),
  /** SHA-256 of the token, in hexadecimal digits. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  created: z.iso.datetime(),
  /** Absent: the token has no end. */
  expires: z.iso.datetime().optional(),
  actions: z.array(z.enum(TOKEN_ACTIONS)).optional(),
  repositories: z.array(z.string()).optional(),
});

/** A personal access token as it is stored: everything but its secret. */
export type AccessToken = Readonly<z.infer<typeof Record>>;

/** Parses a stored token; `undefined` for anything else, such as a file that a crash of the machine has torn. */
export function parseAccessToken(bytes: Buffer): AccessToken | undefined {
  try {
    const { data } = Record.safeParse(JSON.parse(bytes.toString('utf8')));
    // A pattern that is not one would never match, or always.
    data?.repositories?.forEach(repositoryPattern);
    return data;
  } catch {
    return undefined;
  }
}

/** Whether a token has not expired. */
export function isLive({ expires }: Pick<AccessToken, 'expires'>, nowMs: number): boolean {
  return expires === undefined || nowMs < Date.parse(expires);
}

/** What may be done at most with a token; `undefined` for all that its user may do. */
export function limitOf({ actions, repositories }: AccessToken): AccessLimit | undefined {
  if (actions === undefined && repositories === undefined) return undefined;
  const allowed = actions && withImplied(actions);
  const patterns = repositories?.map(repositoryPattern);
  const may = (action: (typeof TOKEN_ACTIONS)[number]): boolean => allowed?.has(action) !== false;
  const covers = (name: string): boolean => patterns === undefined || matchesAny(patterns, name);
  return {
    allows: ({ type, name, action }: Access) => {
      // The catalog shows only what `mayList` allows.
      if (type === 'registry') return name === 'catalog' && may('list');
      const isCovered = name === '*' ? patterns === undefined : covers(name);
      return isCovered && (action === '*' ? allowed === undefined : may(action));
    },
    mayList: (name) => may('list') && covers(name),
    mayOverwrite: (name) => may('overwrite') && covers(name),
  };
}
