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
  /** Where the credentials came from; `undefined` for an anonymous token. */
  readonly origin: string | undefined;
}

/** What an authenticator asks. */
export interface AuthenticatorDependencies {
  /** As credentials are filed: `docker.io`, `localhost:5000`. */
  readonly host: string;
  readonly source: CredentialSource | undefined;
  readonly fetchToken: (request: TokenRequest) => Promise<Token>;
  /** Whether a password may be sent there. */
  readonly mayAsk: (realm: URL) => boolean;
}

/** A request that was refused. */
export interface RefusedRequest {
  readonly access: Access;
  /** The values of `WWW-Authenticate`. */
  readonly challenges: readonly string[];
  /** With what it was sent. */
  readonly sent: Authorization | undefined;
  readonly request: FailedRequest;
}

const MAX_KEPT = 1000;

/**
 * Answers the challenges of one registry. Nothing is sent that was not asked for; after the first challenge later requests
 * bring what it asked for, so that a body is not sent in vain.
 */
export class Authenticator {
  readonly #dependencies: AuthenticatorDependencies;
  readonly #tokens = new TokenCache();
  readonly #credentials: CredentialCache;
  /** Scopes that the registry asked for in addition, by those that were wanted. */
  readonly #moreScopes = new Map<string, readonly string[]>();
  /** What a token server gave in place of an identity token, by the one that was found. */
  readonly #refreshTokens = new Map<string, string>();
  #challenge: Challenge | undefined;

  constructor(dependencies: AuthenticatorDependencies) {
    this.#dependencies = dependencies;
    const { source, host } = dependencies;
    this.#credentials = new CredentialCache(async (repository, signal) => source?.find(host, { repository, signal }));
  }

  /** What a request brings; `undefined` as long as the registry has not asked for anything, or there is nothing. */
  async authorize(access: Access, signal?: AbortSignal): Promise<Authorization | undefined> {
    return this.#challenge === undefined ? undefined : this.#answer(this.#challenge, access, signal);
  }

  /**
   * What a refused request brings when it is sent again.
   * @returns `undefined` where nothing better is left to bring
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
      throw new TransferError('challenge', request, `tokens cannot be asked for safely at ${challenge.realm}`);
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

  /** Forgets what a request was refused with, and the credentials that it came from. */
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

/** What credentials are sent as; `undefined` where a token is got with them, or they are none for this challenge. */
function headerOf({ kind }: Challenge, credentials: Credentials): string | undefined {
  const { username, password, registryToken } = credentials;
  if (kind === 'bearer') return registryToken === undefined ? undefined : `Bearer ${registryToken}`;
  return username !== '' || password !== '' ? basicAuthorization(credentials) : undefined;
}

function keyOf(scopes: readonly string[]): string {
  return scopes.join(' ');
}

/** Keeps a value, and forgets the oldest one of too many. */
function keep<Value>(values: Map<string, Value>, key: string, value: Value): void {
  values.set(key, value);
  const [oldest = ''] = values.keys();
  if (values.size > MAX_KEPT) values.delete(oldest);
}
