import { RegistryError, UnauthorizedError } from '../../../core/model/errors.ts';
import type { Access, AccessController, AccessRequest, Grant } from '../../../core/ports/access-controller.ts';
import { parseBasicCredentials } from '../basic-credentials.ts';
import { bearerTokenOf } from '../bearer-token.ts';
import { formatChallenge } from '../challenge.ts';
import { CredentialsError, type CredentialVerifier, type PresentedCredentials } from './credential-verifier.ts';
import type { CurrentCredential, Identity } from './identity.ts';
import { RememberedIdentities } from './remembered-identities.ts';

/** The options of a {@link CredentialAccess}. */
export interface CredentialAccessOptions {
  /** Shown to users who are asked for a password. */
  readonly realm: string;
  /** The first that recognises credentials decides about them. */
  readonly verifiers: readonly CredentialVerifier[];
  /** The time in milliseconds since 1970. */
  readonly now?: () => number;
}

/**
 * Grants every access to clients with valid credentials of any kind, up to the limit of the credentials, and none to
 * others. The shape of credentials decides which verifier is asked.
 */
export class CredentialAccess implements AccessController {
  readonly needsAuthorization = true;
  readonly options: CredentialAccessOptions;
  readonly #challenge: string;
  readonly #remembered: RememberedIdentities;

  constructor(options: CredentialAccessOptions) {
    this.options = options;
    this.#remembered = new RememberedIdentities(options.now ?? Date.now);
    this.#challenge = formatChallenge('Basic', { realm: options.realm });
  }

  /**
   * @throws UnauthorizedError when the credentials are missing, malformed or not valid
   * @throws RegistryError `DENIED` beyond the limit of the credentials; what verifiers throw
   */
  async authorize(request: AccessRequest, accesses: readonly Access[]): Promise<Grant> {
    const { actor, limit } = await this.identify(request);
    if (limit === undefined) return { actor };
    for (const access of accesses) {
      if (limit.allows(access)) continue;
      throw new RegistryError('DENIED', { ...access, reason: 'the token is limited' }, { refusal: { actor } });
    }
    return { actor, ...limit };
  }

  /**
   * Verifies the credentials of a request. For a minute after that, it only asks whether they are still current.
   * @throws UnauthorizedError when they are missing, malformed or not valid; the cause says why, for the log
   * @throws RegistryError while they cannot be verified
   */
  async identify(request: AccessRequest): Promise<Identity> {
    const { authorization = '' } = request;
    const known = this.#remembered.get(authorization);
    const current = known && (await this.current(known.actor.name, known.credential));
    if (known !== undefined && current !== undefined) return { ...known, ...current };
    return this.#remembered.verified(authorization, () => this.#verify(authorization, request));
  }

  /** Whether the credentials of a request, valid or not, have the shape of a kind that is verified here. */
  recognises({ authorization = '' }: Pick<AccessRequest, 'authorization'>): boolean {
    const presented = presentedIn(authorization);
    return presented !== undefined && this.options.verifiers.some((each) => each.recognises(presented));
  }

  async #verify(authorization: string, request: AccessRequest): Promise<Identity> {
    const presented = presentedIn(authorization);
    const verifier = presented && this.options.verifiers.find((each) => each.recognises(presented));
    if (presented === undefined || verifier === undefined) {
      throw this.#refusal(authorization === '' ? 'no Authorization header' : 'the Authorization header is not Basic');
    }
    try {
      const identity = await verifier.verify(presented, request);
      return { ...identity, credential: `${verifier.kind}:${identity.credential}` };
    } catch (error) {
      if (!(error instanceof CredentialsError)) throw error;
      throw this.#refusal('wrong user name or password', error);
    }
  }

  /**
   * Whether the credentials of an earlier {@link identify} are still valid; `undefined` if they are not.
   * @throws RegistryError while this cannot be decided
   */
  async current(user: string, credential: string): Promise<CurrentCredential | undefined> {
    const colon = credential.indexOf(':');
    const kind = credential.slice(0, Math.max(colon, 0));
    const verifier = this.options.verifiers.find((each) => each.kind === kind);
    return verifier?.current(user, credential.slice(colon + 1));
  }

  #refusal(reason: string, cause?: Error): UnauthorizedError {
    return new UnauthorizedError(this.#challenge, { reason }, cause && { cause });
  }
}

function presentedIn(authorization: string): PresentedCredentials | undefined {
  const basic = parseBasicCredentials(authorization);
  if (basic !== undefined) return { user: basic.user, secret: basic.password };
  const token = bearerTokenOf(authorization);
  return token === undefined ? undefined : { user: undefined, secret: Buffer.from(token) };
}
