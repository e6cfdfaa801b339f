import type { RepositoryName } from '../../core/model/reference.ts';
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

/** Prints the names of the repositories, one a line, as they come. */
export async function run(request: LsRequest, program: Program): Promise<ExitCode | void> {
  return await runClient(request, program, async (client) => {
    const names: RepositoryName[] = [];
    const part = RegistryPart.parse(request.registry);
    for await (const name of part.names(await part.open(client.connections), client)) {
      if (request.json) names.push(name);
      else if (!(await program.write(`${name}\n`))) return;
    }
    if (request.json) program.print(`${JSON.stringify({ repositories: names })}\n`);
  });
}
