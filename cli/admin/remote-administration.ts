import { RemoteError } from '../../client/http/remote-error.ts';
import { parseHost } from '../../client/references/repository-reference.ts';
import { RemoteAdministration } from '../../client/remote/remote-administration.ts';
import { RemoteClient } from '../../client/remote/remote-client.ts';
import { ERROR_DESCRIPTORS } from '../../core/api/error-descriptors.ts';
import { isJsonObject } from '../../core/model/descriptor.ts';
import { ClientFailure } from '../client/client-failure.ts';
import { runClient } from '../client/run-client.ts';
import type { ExitCode, Program } from '../command.ts';
import type { RegistryTarget } from './admin-target.ts';

const [NOT_FOUND, CONFLICT] = [404, 409];
/** The exit code for what does not exist. */
const NOTHING_THERE = 4;

/**
 * Runs what a command does with the admin API of a registry.
 * @throws ClientFailure
 */
export async function withRemoteAdministration(
  { registry, connection, stopNote }: RegistryTarget & { readonly stopNote?: string },
  program: Program,
  action: (administration: RemoteAdministration, signal: AbortSignal) => Promise<ExitCode | void>,
): Promise<ExitCode | void> {
  return await runClient({ connection, stopNote }, program, async ({ connections, signal }) => {
    await using client = new RemoteClient(await connections.remoteOptions(parseHost(registry)));
    try {
      return await action(new RemoteAdministration(client), signal);
    } catch (error) {
      throw failureOf(error, registry);
    }
  });
}

/** What the registry says of a missing or unfit thing needs no advice about names of images. */
function failureOf(error: unknown, registry: string): unknown {
  if (!(error instanceof RemoteError)) return error;
  const message = error.wireErrors[0]?.message;
  const said = reasonIn(error) ?? message;
  if (error.status === CONFLICT && said !== undefined) {
    return new ClientFailure(`${registry}: ${said}`, 1, { cause: error });
  }
  if (error.status !== NOT_FOUND) return error;
  if (said === undefined || message === ERROR_DESCRIPTORS.ROUTE_UNKNOWN.message) {
    const advice = 'it must be a Stowage with authorization, or with admin.enabled';
    return new ClientFailure(`${registry} serves no admin API: ${advice}`, 1, { cause: error });
  }
  return new ClientFailure(`${registry}: ${said}`, NOTHING_THERE, { cause: error });
}

/** Like a command on a storage, which says no more. */
function reasonIn({ wireErrors: [error] }: RemoteError): string | undefined {
  const reason = isJsonObject(error?.detail) ? error.detail['reason'] : undefined;
  return typeof reason === 'string' ? reason : undefined;
}
