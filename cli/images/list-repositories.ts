import type { RepositoryName } from '../../core/model/reference.ts';
import { ClientFailure } from '../client/client-failure.ts';
import type { ConnectionRequest } from '../client/connection-request.ts';
import { RegistryPart } from '../client/registry-part.ts';
import { runClient } from '../client/run-client.ts';
import type { ExitCode, Program } from '../command.ts';

/** `stowage ls`: lists the repositories of a registry. */
export interface LsRequest {
  readonly kind: 'ls';
  readonly registry: string;
  readonly json: boolean;
  readonly connection: ConnectionRequest;
}

/**
 * Prints the names of the repositories, one a line, as they come.
 * @throws ClientFailure with 4 when none begins with the part that was given
 */
export async function run(request: LsRequest, program: Program): Promise<ExitCode | void> {
  return await runClient(request, program, async (client) => {
    let count = 0;
    const names: RepositoryName[] = [];
    const part = RegistryPart.parse(request.registry);
    for await (const name of part.names(await part.open(client.connections), client)) {
      count += 1;
      if (request.json) names.push(name);
      else if (!(await program.write(`${name}\n`))) return;
    }
    // A registry without repositories is no mistake, and a part of names that none has most likely is.
    if (count === 0 && part.prefix !== '')
      throw new ClientFailure(`there is no repository under ${request.registry}`, 4);
    if (request.json) program.print(`${JSON.stringify({ repositories: names })}\n`);
  });
}
