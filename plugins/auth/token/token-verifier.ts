import type { JWTPayload } from 'jose';
import type { Actor } from '../../../core/registry/call-context.ts';
import { GrantedAccess } from './access-claim.ts';
import { JwtVerifier, type JwtVerifierOptions, type TokenKeys } from './jwt-verifier.ts';
import { TokenError } from './token-error.ts';

/** The requirements for a token. */
export interface TokenVerifierOptions extends Omit<JwtVerifierOptions<VerifiedToken>, 'audiences' | 'read'> {
  /** The required audience: the claim `aud` is or contains it. */
  readonly service: string;
}

/** A verified token. */
export interface VerifiedToken {
  /** The claim `sub`; empty for an anonymous user. */
  readonly subject: string;
  /** The claim `groups`, which only some servers write. */
  readonly groups: readonly string[];
  /** The claim `cred` of the embedded token server, which identifies the password of the user. */
  readonly credential: string | undefined;
  readonly access: GrantedAccess;
}

/** The user of a token; `undefined` for an anonymous one. */
export function actorOf({ subject, groups }: VerifiedToken): Actor | undefined {
  if (subject === '') return undefined;
  return groups.length === 0 ? { name: subject } : { name: subject, groups };
}

/** Verifies the tokens of a token server (distribution, "Docker Registry v2 authentication: JSON Web Token"). */
export class TokenVerifier extends JwtVerifier<VerifiedToken> {
  constructor(keys: TokenKeys, { service, ...options }: TokenVerifierOptions) {
    super(keys, { ...options, audiences: [service], read: contentOf });
  }
}

function contentOf(claims: JWTPayload): VerifiedToken {
  const { sub = '', cred, groups, access } = claims;
  if (typeof sub !== 'string') throw new TokenError('its claim "sub" is not a string');
  return {
    subject: sub,
    groups: Array.isArray(groups) ? groups.filter((group): group is string => typeof group === 'string') : [],
    credential: typeof cred === 'string' ? cred : undefined,
    access: GrantedAccess.parse(access),
  };
}
