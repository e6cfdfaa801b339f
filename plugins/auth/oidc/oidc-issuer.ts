import { createHash } from 'node:crypto';
import type { Identity } from '../credentials/identity.ts';
import { JwtVerifier, type TokenKeys } from '../token/jwt-verifier.ts';
import { TokenError } from '../token/token-error.ts';
import type { Claims } from './claim-path.ts';
import { type GroupMapping, groupsOf } from './group-mapping.ts';
import { type NamePrefixes, requireOwn, requireOwnGroup } from './name-prefixes.ts';
import { type RequiredClaim, requireClaims } from './required-claims.ts';
import type { UserTemplate } from './user-template.ts';

/** Characters of a hash that tells issuers with their settings apart. */
const ID_LENGTH = 16;

/** What the tokens of an issuer must be like, and whom they mean. */
export interface OidcIssuerSettings {
  /** The value of the claim `iss`. */
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly algorithms: readonly string[];
  readonly leewayMs: number;
  readonly required: readonly RequiredClaim[];
  readonly user: UserTemplate;
  readonly groups: GroupMapping;
  /** Whether its users may have personal access tokens. */
  readonly personalTokens: boolean;
}

/** What verification needs. */
export interface OidcIssuerDependencies {
  readonly keys: TokenKeys;
  /** Of all issuers, as this one sees them. */
  readonly prefixes: NamePrefixes;
  /** The time in milliseconds since 1970. */
  readonly now: () => number;
}

/** An issuer whose tokens log in. */
export class OidcIssuer {
  /** The value of the claim `iss`. */
  readonly issuer: string;
  /** Identifies the issuer and its settings, in every process. */
  readonly id: string;
  /** Identifies the issuer with the settings that decide who its users are and which groups they have, in every process. */
  readonly usersId: string;
  /** The text with which the names of its users begin. */
  readonly prefix: string;
  readonly personalTokens: boolean;
  readonly #verifier: JwtVerifier<Identity>;

  constructor(settings: OidcIssuerSettings, { keys, prefixes, now }: OidcIssuerDependencies) {
    const { issuer, audiences, algorithms, leewayMs } = settings;
    this.issuer = issuer;
    this.id = idOf(settings);
    this.usersId = usersIdOf(settings);
    this.prefix = settings.user.prefix;
    this.personalTokens = settings.personalTokens;
    this.#verifier = new JwtVerifier<Identity>(keys, {
      ...{ issuers: [issuer], audiences, algorithms, leewayMs, now },
      read: (claims) => ({
        actor: actorIn(claims, settings, prefixes),
        credential: this.id,
        issuer: this.usersId,
        // The verifier requires it.
        expiresAtMs: (claims.exp ?? 0) * 1000,
      }),
    });
  }

  /**
   * @throws TokenError when the token is not valid, or its claims are not acceptable
   * @throws KeysUnavailableError when the keys of the issuer cannot be fetched
   */
  verify(token: string): Promise<Identity> {
    return this.#verifier.verify(token);
  }
}

/** @throws TokenError */
function actorIn(
  claims: Claims,
  { required, user, groups }: OidcIssuerSettings,
  prefixes: NamePrefixes,
): Identity['actor'] {
  requireUnbound(claims);
  requireClaims(required, claims);
  const name = user.nameOf(claims);
  requireOwn(name, user.prefix, prefixes.users);
  const names = groupsOf(groups, claims);
  if ('claim' in groups) for (const each of names) requireOwnGroup(each, groups.prefix, prefixes);
  return names.length === 0 ? { name } : { name, groups: names };
}

/** A token that is bound to a key counts only with a proof of that key (RFC 7800), which no client sends to a registry. */
function requireUnbound(claims: Claims): void {
  if (claims['cnf'] !== undefined)
    throw new TokenError('it is bound to a key (its claim "cnf"), which no client proves');
}

/** A new setting ends the tokens that were issued under an old one. */
function idOf({ user, groups, required, ...others }: OidcIssuerSettings): string {
  return hashOf([others, user.source, ...mappingOf({ groups, required })]);
}

/** Personal access tokens outlive a new leeway or another algorithm, but no setting that could make another user of theirs. */
function usersIdOf({ issuer, audiences, user, groups, required }: OidcIssuerSettings): string {
  return hashOf([issuer, audiences, user.source, ...mappingOf({ groups, required })]);
}

function mappingOf({ groups, required }: Pick<OidcIssuerSettings, 'groups' | 'required'>): readonly unknown[] {
  const claims = required.map(({ path, patterns }) => [path.source, patterns.map(({ source }) => source)]);
  return ['fixed' in groups ? groups : hashedClaim(groups), claims];
}

/** Without a setting that has its default: the ids stay what they were before there was such a setting. */
function hashedClaim({ claim, prefix, isOptional }: Extract<GroupMapping, { claim: unknown }>): object {
  return { claim: claim.source, prefix, ...(isOptional && { isOptional }) };
}

function hashOf(settings: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(settings)).digest('base64url').slice(0, ID_LENGTH);
}
