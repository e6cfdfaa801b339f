import { RegistryError } from '../../../core/model/errors.ts';
import type { Locks } from '../../../core/ports/locks.ts';
import type { Logger } from '../../../core/ports/logger.ts';
import type { CallContext } from '../../../core/registry/call-context.ts';
import type { CredentialVerifier } from '../credentials/credential-verifier.ts';
import type { Identity } from '../credentials/identity.ts';
import { type AccessToken, isLive } from './access-token.ts';
import type { AccessTokenStore, StoredToken } from './access-token-store.ts';
import { TOKEN_KIND } from './access-token-verifier.ts';
import type { KnownAccessTokens } from './known-access-tokens.ts';
import { newToken } from './token-format.ts';
import type { TokenRequest } from './token-request.ts';

/** Live tokens of a user. */
const MAX_TOKENS = 100;
/** A list of the tokens of all users is no longer. */
const MAX_LISTED = 10_000;
/** How long an expired token stays in the list, in milliseconds. */
const KEEP_EXPIRED_MS = 30 * 24 * 3_600_000;
/** Expired tokens of a user in the list: a token may be valid for a second only. */
const MAX_EXPIRED = 100;

/** Who manages tokens, and from where. */
export interface TokenManager extends CallContext {
  readonly identity: Identity;
  readonly address: string | undefined;
}

/** What {@link TokenManagement} works with. */
export interface TokenManagementDependencies {
  readonly store: AccessTokenStore;
  readonly known: KnownAccessTokens;
  readonly locks: Locks;
  readonly log: Logger;
}

/** How {@link TokenManagement} decides. */
export interface TokenManagementOptions {
  /** The verifiers of the credentials by which users log in. */
  readonly origins: readonly CredentialVerifier[];
  /** Whether somebody may manage the tokens of all users. */
  readonly isAdministrator: (manager: TokenManager) => boolean;
  /** Whether nothing may be stored; tokens can be revoked all the same. */
  readonly isReadOnly: () => boolean;
  /** Whether nothing can be stored. */
  readonly isStorageReadOnly: () => boolean;
  /** @throws RegistryError while no token may be created, because that could not be recorded */
  readonly requireRecord: () => void;
  /** The time in milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Creates, lists and revokes personal access tokens. A user manages the own ones, and an administrator of `**` lists and
 * revokes those of every user. Nobody manages tokens by a token: otherwise one that leaked could create others.
 */
export class TokenManagement {
  readonly #dependencies: TokenManagementDependencies;
  readonly #options: TokenManagementOptions;

  constructor(dependencies: TokenManagementDependencies, options: TokenManagementOptions) {
    this.#dependencies = dependencies;
    this.#options = options;
  }

  /**
   * Creates a token of the user; its text is shown only now.
   * @throws RegistryError `DENIED` for somebody who may not, and when the user has too many tokens
   */
  async create(manager: TokenManager, request: TokenRequest): Promise<{ token: AccessToken; text: string }> {
    const { store, known, locks, log } = this.#dependencies;
    const { actor, issuer } = manager.identity;
    const { name: user, groups } = actor;
    const origin = await this.#creatingOriginOf(manager);
    this.#requireWritable();
    this.#options.requireRecord();
    await using lock = await locks.tryAcquire(`personal-access-tokens:${user}`);
    if (lock === undefined) {
      throw new RegistryError('TOOMANYREQUESTS', { reason: 'another token of this user is being created' });
    }
    await this.#makeRoom(user);
    const { id, text, hash } = newToken();
    const created = new Date(this.#options.now()).toISOString();
    const token: AccessToken = {
      ...{ id, user, origin, hash: hash.toString('hex'), created },
      ...(groups && { groups: [...groups] }),
      ...(issuer !== undefined && { issuer }),
      ...request,
    };
    await store.create(token);
    await known.changed(user, id);
    log.info({ ...logged(manager), token: id, name: token.name }, 'personal access token created');
    return { token, text };
  }

  /**
   * The tokens of a user, or of all, the newest first.
   * @param whose default: the user who asks
   * @throws RegistryError `DENIED` for those of other users, unless an administrator asks
   */
  async list(manager: TokenManager, whose: { readonly user?: string } | 'all' = {}): Promise<readonly StoredToken[]> {
    this.#originOf(manager);
    const { store } = this.#dependencies;
    const { signal } = manager;
    if (whose === 'all') {
      this.#requireAdministrator(manager);
      return store.all(MAX_LISTED, { signal });
    }
    return store.ofUser(this.#userOf(manager, whose.user), { signal });
  }

  /**
   * Ends a token, also in a read-only registry.
   * @param user whose token it is; default: the user who asks
   * @throws RegistryError `DENIED` for the token of another user, unless an administrator asks; `TOKEN_UNKNOWN` if there is none;
   *   `UNSUPPORTED` if the storage is read-only
   */
  async revoke(manager: TokenManager, id: string, user?: string): Promise<void> {
    this.#originOf(manager);
    const { store, known, log } = this.#dependencies;
    const owner = this.#userOf(manager, user);
    // A token that leaked must end also while nobody may push.
    if (this.#options.isStorageReadOnly())
      throw new RegistryError('UNSUPPORTED', { reason: 'the storage is read-only' });
    const isRevoked = await store.delete(owner, id);
    await known.changed(owner, id);
    if (!isRevoked) throw new RegistryError('TOKEN_UNKNOWN', { id, user: owner });
    log.info({ ...logged(manager), token: id, owner }, 'personal access token revoked');
  }

  /**
   * The verifier of the credentials of the manager.
   * @throws RegistryError `DENIED` for a personal access token
   */
  #originOf({ identity }: TokenManager): CredentialVerifier | undefined {
    const [kind] = identity.credential.split(':', 1);
    if (kind === TOKEN_KIND || identity.limit !== undefined) {
      throw new RegistryError('DENIED', { reason: 'tokens are managed with the password, not with a token' });
    }
    return this.#options.origins.find((origin) => origin.kind === kind);
  }

  /**
   * The kind of credentials of a manager who may create tokens.
   * @throws RegistryError `DENIED`
   */
  async #creatingOriginOf(manager: TokenManager): Promise<string> {
    const origin = this.#originOf(manager);
    const { actor, issuer } = manager.identity;
    const { name } = actor;
    if (origin === undefined || (await origin.hasUser?.(name, issuer)) !== true) {
      const reason = 'users of this kind of log-in cannot create personal access tokens';
      throw new RegistryError('DENIED', { reason });
    }
    if (!name.includes(':')) return origin.kind;
    const reason = 'a user whose name has a ":" cannot send it with a token; the operator can choose another username';
    throw new RegistryError('DENIED', { reason });
  }

  #userOf(manager: TokenManager, user = manager.identity.actor.name): string {
    if (user !== manager.identity.actor.name) this.#requireAdministrator(manager);
    return user;
  }

  #requireAdministrator(manager: TokenManager): void {
    if (this.#options.isAdministrator(manager)) return;
    throw new RegistryError('DENIED', { reason: 'only an administrator of ** manages the tokens of other users' });
  }

  #requireWritable(): void {
    if (this.#options.isReadOnly()) throw new RegistryError('UNSUPPORTED', { reason: 'the registry is read-only' });
  }

  /** Removes tokens that expired long ago, and the oldest of many that have expired. */
  async #makeRoom(user: string): Promise<void> {
    const { store } = this.#dependencies;
    const nowMs = this.#options.now();
    const tokens = (await store.ofUser(user)).map(({ token }) => token);
    const expired = tokens.filter((token) => !isLive(token, nowMs));
    const forgotten = expired.filter((token, index) => index >= MAX_EXPIRED || !isLive(token, nowMs - KEEP_EXPIRED_MS));
    for (const { id } of forgotten) await store.delete(user, id);
    if (tokens.length - expired.length < MAX_TOKENS) return;
    throw new RegistryError('DENIED', { reason: `a user has at most ${MAX_TOKENS} live tokens; revoke one of them` });
  }
}

function logged({ identity, address, requestId }: TokenManager): Readonly<Record<string, unknown>> {
  return { requestId, user: identity.actor.name, remote: address };
}
