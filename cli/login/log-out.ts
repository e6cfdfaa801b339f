import { FileCredentials } from '../../client/credentials/file-credentials.ts';
import { parseHost } from '../../client/references/repository-reference.ts';
import { withClientErrors } from '../client/client-failure.ts';
import type { ExitCode, Program } from '../command.ts';

/** `stowage logout`: forgets credentials. */
export interface LogoutRequest {
  readonly kind: 'logout';
  readonly registry: string;
  readonly authFile: string | undefined;
}

/** Forgets the credentials of a registry. Says where others are that would still be used. */
export async function run({ registry, authFile }: LogoutRequest, program: Program): Promise<ExitCode | void> {
  return await withClientErrors(async () => {
    const host = parseHost(registry);
    const credentials = new FileCredentials({ env: program.env, file: authFile });
    const wasKept = await credentials.erase(host);
    program.print(wasKept ? `logged out of ${host}\n` : `there were no credentials for ${host}\n`);
    const others = await credentials.find(host);
    if (others !== undefined) program.complain(`warning: ${host} still has credentials in ${others.origin}`);
  });
}
