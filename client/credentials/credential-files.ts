import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { Environment } from '../environment.ts';

/** What determines where credentials are stored. */
export interface CredentialFilesOptions {
  readonly env: Environment;
  /** A file to use instead of all others. */
  readonly file?: string | undefined;
}

/**
 * The files that may contain credentials: the first one with an answer wins, and a login writes to the first. A named
 * file is used alone, as is `REGISTRY_AUTH_FILE` of Podman; otherwise Docker's files precede Podman's.
 */
export function credentialFiles({ env, file }: CredentialFilesOptions): readonly [string, ...string[]] {
  const named = namedCredentialFile({ env, file });
  if (named !== undefined) return [named];
  const home = env['HOME'] || homedir();
  return [join(env['DOCKER_CONFIG'] || join(home, '.docker'), 'config.json'), ...podmanFiles(env, home)];
}

/** The file that is used alone because a user named it. */
export function namedCredentialFile({ env, file }: CredentialFilesOptions): string | undefined {
  return (file ?? env['REGISTRY_AUTH_FILE']) || undefined;
}

// containers-auth.json(5): the file of the session, which is lost after a restart, then that of the user.
function podmanFiles(env: Environment, home: string): string[] {
  const runtime = env['XDG_RUNTIME_DIR'];
  const session = runtime !== undefined && isAbsolute(runtime) ? runtime : `/run/containers/${process.getuid?.() ?? 0}`;
  const config = env['XDG_CONFIG_HOME'] || join(home, '.config');
  return [
    session === runtime ? join(session, 'containers', 'auth.json') : join(session, 'auth.json'),
    join(config, 'containers', 'auth.json'),
  ];
}
