import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { Environment } from '../environment.ts';

/** What decides where credentials are kept. */
export interface CredentialFilesOptions {
  readonly env: Environment;
  /** A file that is used instead of all others. */
  readonly file?: string | undefined;
}

/**
 * The files that may hold credentials, the first of which has an answer counts, and a login writes to the first. A named
 * file stands alone, as does `REGISTRY_AUTH_FILE` of podman; otherwise docker's come before podman's.
 */
export function credentialFiles({ env, file }: CredentialFilesOptions): readonly [string, ...string[]] {
  const named = namedCredentialFile({ env, file });
  if (named !== undefined) return [named];
  const home = env['HOME'] || homedir();
  return [join(env['DOCKER_CONFIG'] || join(home, '.docker'), 'config.json'), ...podmanFiles(env, home)];
}

/** The file that stands alone because a user named it. */
export function namedCredentialFile({ env, file }: CredentialFilesOptions): string | undefined {
  return (file ?? env['REGISTRY_AUTH_FILE']) || undefined;
}

// containers-auth.json(5): that of the session, which is gone after a restart, then that of the user.
function podmanFiles(env: Environment, home: string): string[] {
  const runtime = env['XDG_RUNTIME_DIR'];
  const session = runtime !== undefined && isAbsolute(runtime) ? runtime : `/run/containers/${process.getuid?.() ?? 0}`;
  const config = env['XDG_CONFIG_HOME'] || join(home, '.config');
  return [
    session === runtime ? join(session, 'containers', 'auth.json') : join(session, 'auth.json'),
    join(config, 'containers', 'auth.json'),
  ];
}
