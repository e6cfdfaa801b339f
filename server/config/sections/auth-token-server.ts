import type { Finding, KeyPath } from '../engine/problem.ts';
import { duration, flag, name } from '../engine/scalars.ts';
import { BadValue, listOf, type Schema, scalar, section, setting } from '../engine/schema.ts';
import { type ConfigNode, entriesAt, isFilled, MapNode, nodeAt, textAt } from '../engine/tree.ts';

/** The token server inside the registry, as configured. */
export interface TokenServerConfiguration {
  /** Absent: the registry decides by its policy. */
  readonly isEnabled?: boolean | undefined;
  /** The files with the keys that sign tokens: the first signs, the others only verify. None: the key is derived. */
  readonly keyFiles: readonly string[];
  /** How long a token is valid. */
  readonly expiryMs: number;
}

/** Kinds of access control whose users can get tokens of the registry. */
const ISSUING: readonly string[] = ['htpasswd', 'oidc'];

export const TOKEN_SERVER: KeyPath = ['auth', 'token', 'embedded'];
const DEFAULT_EXPIRY = '5m';
const DEFAULT_EXPIRY_MS = 300_000;
/** Clients expect that a token is valid for a minute at least (distribution, "Token authentication specification"). */
const MIN_EXPIRY_MS = 60_000;
const MAX_EXPIRY_MS = 3_600_000;
const MIN_SECRET_LENGTH = 32;

const expiry: Schema<number> = scalar('duration', (node) => {
  const ms = duration.parse(node);
  if (ms < MIN_EXPIRY_MS || ms > MAX_EXPIRY_MS) throw new BadValue('must be between 1m and 1h', node.text);
  return ms;
});

export const tokenServer = setting(
  section({
    enabled: setting(flag, {
      default: 'true',
      description:
        'issues tokens at `/auth/token` to the users of `htpasswd` and `oidc`; `embedded: true` and `embedded: false` are short for it. Without `embedded`, tokens are issued with `oidc`, and if a rule of `authorization` allows anonymous clients anything: docker needs one to pull without a log-in',
    }),
    key: setting(listOf(name), {
      default: '[]',
      description:
        'PEM files with EC private keys of the curve P-256: the first signs, the others verify tokens that they have signed earlier; by default, the key is derived from `http.secret`',
    }),
    expiry: setting(expiry, { default: DEFAULT_EXPIRY, description: 'how long a token is valid: `1m` to `1h`' }),
  }),
  {},
);

/** Whether `auth.token` configures the token server inside, and not the tokens of another server. */
export function isTokenServer(token: ConfigNode): boolean {
  return token instanceof MapNode && token.entries.has('embedded');
}

/** The token server stands alone in `token`, next to a kind of access control that authenticates its users. */
export function checkTokenServer(root: ConfigNode, controllers: readonly string[]): Finding[] {
  const embedded = nodeAt(root, TOKEN_SERVER);
  if (embedded === undefined) return [];
  const problem = (path: KeyPath, message: string): Finding[] => [{ path, message }];
  const other = entriesAt(root, TOKEN_SERVER.slice(0, -1)).find(([key]) => key !== 'embedded');
  if (other !== undefined) {
    return problem(
      ['auth', 'token', other[0]],
      'is for the tokens of another server, and cannot stand next to embedded; remove one of them',
    );
  }
  if (!isFilled(embedded)) return problem(TOKEN_SERVER, 'has no value; write true, false, or its options');
  if (embedded instanceof MapNode && isEmptyList(embedded.entries.get('key'))) {
    return problem([...TOKEN_SERVER, 'key'], 'is empty; name a file, or remove it');
  }
  if (isWeak(root, embedded)) {
    return problem(['http', 'secret'], 'is too short to derive the keys of tokens from it; use openssl rand -hex 32');
  }
  const [controller] = controllers;
  if (controller !== undefined && ISSUING.includes(controller)) return [];
  const remedy = `it needs ${ISSUING.map((each) => `auth.${each}`).join(' or ')} next to it`;
  return problem(
    TOKEN_SERVER,
    controller === undefined ? `has no users; ${remedy}` : `has no effect with ${controller}; ${remedy}`,
  );
}

/** Without a key file, whoever guesses the secret can be any user. */
function isWeak(root: ConfigNode, embedded: ConfigNode): boolean {
  if (!(embedded instanceof MapNode) || nodeAt(embedded, ['key']) !== undefined) return false;
  if (flag.safeParse(nodeAt(embedded, ['enabled'])).data === false) return false;
  const secret = textAt(root, ['http', 'secret']) ?? '';
  return secret !== '' && secret.length < MIN_SECRET_LENGTH;
}

function isEmptyList(node: ConfigNode | undefined): boolean {
  return node !== undefined && !isFilled(node);
}

/**
 * @param settings what the file says below `auth.token.embedded`
 * @param controllers the kinds of access control
 */
export function toTokenServer(
  settings: { readonly enabled: boolean; readonly key: readonly string[]; readonly expiry: number } | undefined,
  controllers: readonly string[],
): TokenServerConfiguration {
  if (settings === undefined) {
    return { ...(controllers.includes('oidc') && { isEnabled: true }), keyFiles: [], expiryMs: DEFAULT_EXPIRY_MS };
  }
  return { isEnabled: settings.enabled, keyFiles: settings.key, expiryMs: settings.expiry };
}
