import type { CredentialSource } from '../../client/credentials/credential-source.ts';
import {
  parseHost,
  parseRepositoryReference,
  type RepositoryReference,
} from '../../client/references/repository-reference.ts';
import type { RemoteRegistry } from '../../client/remote/remote-registry.ts';
import { RegistryError } from '../../core/model/errors.ts';
import type { RepositoryName } from '../../core/model/reference.ts';
import type { CallContext } from '../../core/registry/call-context.ts';
import { ClientFailure } from '../client/client-failure.ts';
import type { ConnectionRequest } from '../client/connection-request.ts';
import { runClient } from '../client/run-client.ts';
import type { ExitCode, Program } from '../command.ts';
import { type GivenUser, userAndPassword } from './given-user.ts';

/** `stowage login`: proves credentials and keeps them. */
export interface LoginRequest extends GivenUser {
  readonly kind: 'login';
  /** `<host>` or `<host>/<name>`. */
  readonly registry: string;
  readonly pullOnly: boolean;
  readonly json: boolean;
  readonly connection: ConnectionRequest;
}

/**
 * Proves the credentials to the registry, and that they allow what will be done where a repository is named; keeps them
 * only then.
 * @throws ClientFailure that says what they do not allow; nothing was kept
 */
export async function run(request: LoginRequest, program: Program): Promise<ExitCode | void> {
  return await runClient(request, program, async ({ connections, signal }) => {
    const { host, repository } = placeOf(request.registry);
    const { username, password } = await userAndPassword(request, program, signal);
    const warn = (text: string): void => (request.json ? program.note(text) : program.complain(`warning: ${text}`));
    const given = new GivenCredentials(username, password, originOf(request));
    const registry = await connections.remote(host, { credentials: given });
    await prove(registry, { ...request, username, repository }, { signal });
    if (!given.wasAsked) warn(`${host} accepted this client without credentials, so they were not verified`);
    const origin = await (await connections.credentials()).store(host, { username, password });
    if (request.json) {
      const proven = repository === undefined ? undefined : `${host}/${repository}`;
      program.print(`${JSON.stringify({ registry: host, username, keptIn: origin, proven })}\n`);
      return;
    }
    const proof = repository === undefined ? '' : `; ${provenText(request)} ${host}/${repository} is allowed`;
    program.print(`logged in to ${host} as ${username}; the credentials are kept in ${origin}${proof}\n`);
  });
}

/** What was typed. It is known whether a registry wanted to see it. */
class GivenCredentials implements CredentialSource {
  wasAsked = false;
  readonly #username: string;
  readonly #password: string;

  readonly #origin: string;

  constructor(username: string, password: string, origin: string) {
    this.#username = username;
    this.#password = password;
    this.#origin = origin;
  }

  async find() {
    this.wasAsked = true;
    return Promise.resolve({ username: this.#username, password: this.#password, origin: this.#origin });
  }
}

/** Where the password is from, as a refusal names it. */
function originOf({ password, fromInput }: GivenUser): string {
  if (password !== undefined) return 'the command line';
  return fromInput ? 'standard input' : 'the terminal';
}

function placeOf(text: string): { readonly host: string; readonly repository?: RepositoryName } {
  if (!text.includes('/') || /^https?:/.test(text)) return { host: parseHost(text) };
  const { host, repository }: RepositoryReference = parseRepositoryReference(text);
  return { host, repository };
}

function provenText({ pullOnly }: Pick<LoginRequest, 'pullOnly'>): string {
  return pullOnly ? 'a pull from' : 'a push to';
}

async function prove(
  registry: RemoteRegistry,
  request: { readonly repository: RepositoryName | undefined; readonly pullOnly: boolean; readonly username: string },
  context: CallContext,
): Promise<void> {
  await registry.ping(undefined, context);
  const { repository, pullOnly, username } = request;
  if (repository === undefined) return;
  try {
    await (pullOnly ? provePull(registry, repository, context) : provePush(registry, repository, context));
  } catch (error) {
    if (!RegistryError.is(error, 'UNAUTHORIZED') && !RegistryError.is(error, 'DENIED')) throw error;
    const message = `${username} is logged in, but ${provenText(request)} ${repository} is not allowed`;
    throw new ClientFailure(`${message}; ask the operator for the permission (${error.message})`, 5, { cause: error });
  }
}

/** A repository that does not exist yet can be pulled from as soon as it does. */
async function provePull({ tags }: RemoteRegistry, repository: RepositoryName, context: CallContext): Promise<void> {
  try {
    await tags.list(repository, { limit: 1, after: undefined }, context);
  } catch (error) {
    if (!RegistryError.is(error, 'NAME_UNKNOWN')) throw error;
  }
}

/**
 * Begins an upload and cancels it, so that nothing is stored. Some registries refuse to cancel an upload, or require the
 * right to delete. The upload then expires, and the login counts as proved.
 */
async function provePush({ layers }: RemoteRegistry, repository: RepositoryName, context: CallContext): Promise<void> {
  await using _ = await layers.upload(repository, { resumable: false }, context);
}
