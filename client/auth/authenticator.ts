import { RegistryError } from '../../core/model/errors.ts';
import type { CredentialSource, Credentials } from '../credentials/credential-source.ts';
import { type FailedRequest, TransferError } from '../http/transfer-error.ts';
import { unlessAborted } from '../http/unless-aborted.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import { CredentialCache } from './credential-cache.ts';
import type { Access } from './scopes.ts';
import { type Token, TokenCache } from './token-cache.ts';
import { basicAuthorization, type TokenRequest } from './token-requests.ts';

/** A value of the header `Authorization`. */
export interface Authorization {
  readonly header: string;
  /** The source of the credentials; `undefined` for an anonymous token. */
  readonly origin: string | undefined;
}

/** The dependencies of an authenticator. */
export interface AuthenticatorDependencies {
  /** The host under which credentials are stored: `docker.io`, `localhost:5000`. */
  readonly host: string;
  readonly source: CredentialSource | undefined;
  readonly fetchToken: (request: TokenRequest) => Promise<Token>;
  /** Whether a password may be sent to this URL. */
  readonly mayAsk: (realm: URL) => boolean;
}

/** A request that was rejected with a challenge. */
export interface RefusedRequest {
  readonly access: Access;
  /** The values of `WWW-Authenticate`. */
  readonly challenges: readonly string[];
  /** The authorization that it was sent with. */
  readonly sent: Authorization | undefined;
  readonly request: FailedRequest;
}

const MAX_KEPT = 1000;

/**
 * Answers the challenges of one registry. Nothing is sent unasked. After the first challenge, later requests carry what
 * it asked for, so that no body is sent in vain.
 */
export class Authenticator {
  readonly #dependencies: AuthenticatorDependencies;
  readonly #tokens = new TokenCache();
  readonly #credentials: CredentialCache;
  /** Scopes that the registry asked for in addition, by the requested ones. */
  readonly #moreScopes = new Map<string, readonly string[]>();
  /** The refresh token with which a token server replaced an identity token, by that identity token. */
  readonly #refreshTokens = new Map<string, string>();
  #challenge: Challenge | undefined;

  constructor(dependencies: AuthenticatorDependencies) {
    this.#dependencies = dependencies;
    const { source, host } = dependencies;
    this.#credentials = new CredentialCache(async (repository, signal) => source?.find(host, { repository, signal }));
  }

  /**
   * The authorization for a request; `undefined` while the registry has not asked for any, or if there are no
   * credentials.
   */
  async authorize(access: Access, signal?: AbortSignal): Promise<Authorization | undefined> {
    return this.#challenge === undefined ? undefined : this.#answer(this.#challenge, access, signal);
  }

  /**
   * The authorization with which a rejected request is sent again.
   * @returns `undefined` when there is nothing better to send
   * @throws TransferError `challenge` when the challenge cannot be answered safely
   */
  async answer(refused: RefusedRequest, signal?: AbortSignal): Promise<Authorization | undefined> {
    const { access, sent, request } = refused;
    const challenges = parseChallenges(refused.challenges);
    const challenge = challenges.find(({ kind }) => kind === 'bearer') ?? challenges[0];
    if (challenge === undefined) return undefined;
    if (sent !== undefined) this.#drop(challenge, access, sent.header);
    if (challenge.kind === 'bearer') this.#learn(challenge, access, { request });
    this.#challenge = challenge;
    const next = await this.#answer(challenge, access, signal);
    return next?.header === sent?.header ? undefined : next;
  }

  #learn(challenge: Challenge & { kind: 'bearer' }, access: Access, { request }: Pick<RefusedRequest, 'request'>) {
    const realm = URL.canParse(challenge.realm) ? new URL(challenge.realm) : undefined;
    if (realm === undefined || !this.#dependencies.mayAsk(realm)) {
      throw new TransferError('challenge', request, `tokens cannot be requested safely from ${challenge.realm}`);
    }
    const key = keyOf(access.scopes);
    const more = challenge.scopes.filter((scope) => !access.scopes.includes(scope));
    if (more.length > 0) keep(this.#moreScopes, key, more);
  }

  async #answer(
    challenge: Challenge,
    access: Access,
    signal: AbortSignal | undefined,
  ): Promise<Authorization | undefined> {
    const credentials = await this.#credentials.get(access.repository, signal);
    const header = credentials && headerOf(challenge, credentials);
    if (header !== undefined) return { header, origin: credentials?.origin };
    if (challenge.kind === 'basic') return undefined;
    const fetched = this.#tokens.get(this.#tokenKey(challenge, access), () =>
      this.#fetch(challenge, this.#scopes(access), credentials),
    );
    try {
      const token = await unlessAborted(fetched, signal);
      return { header: `Bearer ${token.text}`, origin: token.origin };
    } catch (error) {
      if (RegistryError.is(error, 'UNAUTHORIZED'))
        this.#credentials.drop(access.repository, (kept) => kept === credentials);
      throw error;
    }
  }

  async #fetch(
    { realm, service }: Challenge & { kind: 'bearer' },
    scopes: readonly string[],
    credentials: Credentials | undefined,
  ): Promise<Token> {
    const { host, fetchToken } = this.#dependencies;
    const found = credentials?.identityToken;
    const identityToken = this.#refreshTokens.get(found ?? '') ?? found;
    const given = credentials && { ...credentials, identityToken };
    try {
      const token = await fetchToken({ host, realm: new URL(realm), service, scopes, credentials: given });
      if (found !== undefined && token.refreshToken !== undefined) keep(this.#refreshTokens, found, token.refreshToken);
      return token;
    } catch (error) {
      this.#refreshTokens.delete(found ?? '');
      throw error;
    }
  }

  /** Forgets the authorization that was rejected, and the credentials behind it. */
  #drop(challenge: Challenge, access: Access, header: string): void {
    const wasToken =
      challenge.kind === 'bearer' &&
      this.#tokens.drop(this.#tokenKey(challenge, access), header.slice('Bearer '.length));
    this.#credentials.drop(
      access.repository,
      (kept) => wasToken || (kept !== undefined && headerOf(challenge, kept) === header),
    );
  }

  #scopes({ scopes }: Access): readonly string[] {
    return [...scopes, ...(this.#moreScopes.get(keyOf(scopes)) ?? [])];
  }

  #tokenKey({ realm, service }: Challenge & { kind: 'bearer' }, access: Access): string {
    return JSON.stringify([realm, service, ...this.#scopes(access)]);
  }
}

/** The header for credentials; `undefined` if they must be exchanged for a token, or do not fit this challenge. */
function headerOf({ kind }: Challenge, credentials: Credentials): string | undefined {
  const { username, password, registryToken } = credentials;
  if (kind === 'bearer') return registryToken === undefined ? undefined : `Bearer ${registryToken}`;
  return username !== '' || password !== '' ? basicAuthorization(credentials) : undefined;
}

function keyOf(scopes: readonly string[]): string {
  return scopes.join(' ');
}

/** Stores a value, and drops the oldest one if there are too many. */
function keep<Value>(values: Map<string, Value>, key: string, value: Value): void {
  values.set(key, value);
  const [oldest = ''] = values.keys();
  if (values.size > MAX_KEPT) values.delete(oldest);
}
