import { isJsonObject } from '../../core/model/descriptor.ts';
import type { CallContext } from '../../core/registry/call-context.ts';
import { NO_ACCESS } from '../auth/scopes.ts';
import { expectStatus } from '../http/read-failure.ts';
import type { RemoteClient } from './remote-client.ts';

const PATH = '/auth/tokens';
/** A list has at most 10 000 tokens. */
const MAX_BYTES = 32 * 1024 * 1024;

/** What the registry says about a personal access token; anything may be missing. */
export type RemoteAccessToken = Readonly<Record<string, unknown>>;

/** What a new token is to be. */
export interface WantedAccessToken {
  readonly name: string;
  /** A time, or `never`; by default the registry decides. */
  readonly expires?: string | undefined;
  readonly actions?: readonly string[] | undefined;
  readonly repositories?: readonly string[] | undefined;
}

/** Whose tokens are meant: those of one user, or of all. Default: the user of the client. */
export type TokenOwner = { readonly user?: string | undefined } | 'all';

/** The personal access tokens of a registry of Stowage. They are managed with a user and a password. */
export class RemoteAccessTokens {
  readonly #client: RemoteClient;

  constructor(client: RemoteClient) {
    this.#client = client;
  }

  /** Creates a token; its text is in the field `token` of the result. Not repeated when the connection breaks. */
  async create(wanted: WantedAccessToken, { signal }: CallContext = {}): Promise<RemoteAccessToken> {
    const headers = { 'content-type': 'application/json' };
    const body = Buffer.from(JSON.stringify(wanted));
    const answer = await this.#client.send({ method: 'POST', url: PATH, access: NO_ACCESS, headers, body, signal });
    const token = await (await expectStatus(answer, 201)).readJson(MAX_BYTES);
    return isJsonObject(token) ? token : {};
  }

  /** The tokens, the newest first. */
  async list(owner: TokenOwner, { signal }: CallContext = {}): Promise<readonly RemoteAccessToken[]> {
    const url = `${PATH}${queryOf(owner)}`;
    return this.#client.read({ method: 'GET', url, access: NO_ACCESS, signal }, async (answer) => {
      const list = await (await expectStatus(answer, 200)).readJson(MAX_BYTES);
      const tokens: unknown = isJsonObject(list) ? list['tokens'] : undefined;
      return Array.isArray(tokens) ? tokens.filter(isJsonObject) : [];
    });
  }

  /** @throws RemoteError if there is no such token */
  async revoke(id: string, owner: { readonly user?: string | undefined }, { signal }: CallContext = {}): Promise<void> {
    const url = `${PATH}/${encodeURIComponent(id)}${queryOf(owner)}`;
    const answer = await this.#client.send({ method: 'DELETE', url, access: NO_ACCESS, signal });
    await (await expectStatus(answer, 204)).drop();
  }
}

function queryOf(owner: TokenOwner): string {
  if (owner === 'all') return '?all=true';
  return owner.user === undefined ? '' : `?${String(new URLSearchParams({ user: owner.user }))}`;
}
