import type { CredentialSource, Credentials } from '../credentials/credential-source.ts';
import { type FailedRequest, TransferError } from '../http/transfer-error.ts';
import { unlessAborted } from '../http/unless-aborted.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import { basicAuthorization, type TokenRequest } from './fetch-token.ts';
import type { Access } from './scopes.ts';
import { type Token, TokenCache } from './token-cache.ts';

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
  readonly #credentials = new Map<string, Promise<Credentials | undefined>>();
  /** Scopes that the registry asked for in addition, by those that were wanted. */
  readonly #moreScopes = new Map<string, readonly string[]>();
  #challenge: Challenge | undefined;

  constructor(dependencies: AuthenticatorDependencies) {
    this.#dependencies = dependencies;
  }

  /** What a request brings; `undefined` as long as the registry has not asked for anything, or there is nothing. */
  async authorize(access: Access, signal?: AbortSignal): Promise<Authorization | undefined> {
    return this.#challenge === undefined ? undefined : unlessAborted(this.#answer(this.#challenge, access), signal);
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
    if (challenge.kind === 'bearer') this.#learn(challenge, access, { sent, request });
    this.#challenge = challenge;
    const next = await unlessAborted(this.#answer(challenge, access), signal);
    return next?.header === sent?.header ? undefined : next;
  }

  #learn(
    challenge: Challenge & { kind: 'bearer' },
    access: Access,
    { sent, request }: Omit<RefusedRequest, 'access' | 'challenges'>,
  ) {
    const realm = URL.canParse(challenge.realm) ? new URL(challenge.realm) : undefined;
    if (realm === undefined || !this.#dependencies.mayAsk(realm)) {
      throw new TransferError('challenge', request, `tokens cannot be asked for safely at ${challenge.realm}`);
    }
    const key = keyOf(access.scopes);
    if (sent !== undefined) this.#tokens.drop(this.#tokenKey(challenge, access), sent.header.slice('Bearer '.length));
    const more = challenge.scopes.filter((scope) => !access.scopes.includes(scope));
    if (more.length > 0) keep(this.#moreScopes, key, more);
  }

  async #answer(challenge: Challenge, access: Access): Promise<Authorization | undefined> {
    const credentials = await this.#find(access.repository);
    if (challenge.kind === 'basic') {
      const isUsable = credentials !== undefined && (credentials.username !== '' || credentials.password !== '');
      return isUsable ? { header: basicAuthorization(credentials), origin: credentials.origin } : undefined;
    }
    if (credentials?.registryToken !== undefined) {
      return { header: `Bearer ${credentials.registryToken}`, origin: credentials.origin };
    }
    const { service, realm } = challenge;
    const { host, fetchToken } = this.#dependencies;
    const token = await this.#tokens.get(this.#tokenKey(challenge, access), () =>
      fetchToken({ host, realm: new URL(realm), service, scopes: this.#scopes(access), credentials }),
    );
    return { header: `Bearer ${token.text}`, origin: token.origin };
  }

  #scopes({ scopes }: Access): readonly string[] {
    return [...scopes, ...(this.#moreScopes.get(keyOf(scopes)) ?? [])];
  }

  #tokenKey({ realm, service }: Challenge & { kind: 'bearer' }, access: Access): string {
    return JSON.stringify([realm, service, ...this.#scopes(access)]);
  }

  /** A failure is not kept. */
  async #find(repository: string | undefined): Promise<Credentials | undefined> {
    const { source, host } = this.#dependencies;
    if (source === undefined) return undefined;
    const key = repository ?? '';
    const known = this.#credentials.get(key);
    if (known !== undefined) return known;
    const found = source.find(host, { repository });
    keep(this.#credentials, key, found);
    try {
      return await found;
    } catch (error) {
      this.#credentials.delete(key);
      throw error;
    }
  }
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
