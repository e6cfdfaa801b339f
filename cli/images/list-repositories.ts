import { parseRegistryReference } from '../../client/references/repository-reference.ts';
import type { RepositoryName } from '../../core/model/reference.ts';
import { allItems } from '../../core/registry/page.ts';
import type { Registry } from '../../core/registry/registry.ts';
import type { ConnectionRequest } from '../client/connection-request.ts';
import { type ClientRun, runClient } from '../client/run-client.ts';
import type { ExitCode, Program } from '../command.ts';

/** `stowage ls`: lists the repositories of a registry. */
export interface LsRequest {
  readonly kind: 'ls';
  readonly registry: string;
  readonly json: boolean;
  readonly connection: ConnectionRequest;
}

const STORE = 'store:';

/** Prints the names of the repositories, one a line, as they come. */
export async function run(request: LsRequest, program: Program): Promise<ExitCode | void> {
  return await runClient(request, program, async (client) => {
    const names: RepositoryName[] = [];
    for await (const name of repositories(request.registry, client)) {
      if (request.json) names.push(name);
      else if (!(await program.write(`${name}\n`))) return;
    }
    if (request.json) program.print(`${JSON.stringify({ repositories: names })}\n`);
  });
}

async function* repositories(text: string, client: ClientRun): AsyncGenerator<RepositoryName, void, undefined> {
  const { registry, prefix } = await openRegistry(text, client);
  for await (const name of allItems((request) => registry.catalog.list(request, { signal: client.signal }))) {
    if (prefix === '' || name === prefix || name.startsWith(`${prefix}/`)) yield name;
  }
}

async function openRegistry(
  text: string,
  { connections }: ClientRun,
): Promise<{ readonly registry: Pick<Registry, 'catalog'>; readonly prefix: string }> {
  if (text.startsWith(STORE)) {
    const [path = '', prefix = ''] = text.slice(STORE.length).split('//');
    return { registry: await connections.store(path, { writes: false }), prefix };
  }
  const { host, prefix } = parseRegistryReference(text);
  return { registry: await connections.remote(host), prefix };
}
