import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import type { Environment } from '../environment.ts';
import type { Credentials } from './credential-source.ts';
import { CredentialsError } from './credentials-error.ts';

/** A helper may need to ask the user, but a forgotten dialog must not block a script forever. */
const MAX_WAIT_MS = 120_000;
const MAX_OUTPUT_BYTES = 1024 * 1024;
/** The user name that a helper returns if the secret is an identity token. */
const TOKEN_USER = '<token>';
/** The name becomes part of the name of a program. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
/** docker-credential-helpers, "credentials/error.go": what a helper prints when it has no credentials. */
const NOT_FOUND = /credentials not found|no credentials (?:server )?/i;

/** Options of a helper program. */
export interface CredentialHelperOptions {
  /** The name as in a file of credentials: `pass` means the program `docker-credential-pass`. */
  readonly name: string;
  /** The file that names the helper, and the key in it. */
  readonly origin: string;
  /** The environment of the program; `PATH` determines where it is looked up. */
  readonly env: Environment;
}

/** A program that stores credentials (docker-credential-helpers). */
export class CredentialHelper {
  /** The program, and the file that named it. */
  readonly origin: string;
  readonly #program: string;
  readonly #env: Environment;

  /** @throws CredentialsError for a name that is not a plain name, such as a path */
  constructor({ name, origin, env }: CredentialHelperOptions) {
    if (!NAME.test(name)) throw new CredentialsError(origin, `${JSON.stringify(name)} cannot be the name of a helper`);
    this.#program = `docker-credential-${name}`;
    this.#env = env;
    this.origin = `${this.#program}, named by ${origin}`;
  }

  /**
   * @returns `undefined` when the helper has no credentials for this key
   * @throws CredentialsError when it is not installed, fails, or does not answer within two minutes
   */
  async get(key: string, signal?: AbortSignal): Promise<Credentials | undefined> {
    const { code, stdout } = await this.#run('get', key, signal);
    if (code !== 0) {
      if (NOT_FOUND.test(stdout)) return undefined;
      throw this.#failure(
        `failed to find credentials for ${key} (exit code ${code}); to see why, run: echo ${key} | ${this.#program} get`,
      );
    }
    const { username, secret } = this.#parse(stdout);
    if (username === '' && secret === '') return undefined;
    return username === TOKEN_USER
      ? { username: '', password: '', identityToken: secret, origin: this.origin }
      : { username, password: secret, origin: this.origin };
  }

  /** @throws CredentialsError */
  async store(
    key: string,
    { username, password, identityToken }: Pick<Credentials, 'username' | 'password' | 'identityToken'>,
  ): Promise<void> {
    const [Username, Secret] = identityToken === undefined ? [username, password] : [TOKEN_USER, identityToken];
    const { code } = await this.#run('store', JSON.stringify({ ServerURL: key, Username, Secret }));
    if (code !== 0) throw this.#failure(`failed to store credentials for ${key} (exit code ${code})`);
  }

  /** @throws CredentialsError */
  async erase(key: string): Promise<void> {
    const { code, stdout } = await this.#run('erase', key);
    if (code !== 0 && !NOT_FOUND.test(stdout))
      throw this.#failure(`failed to erase credentials for ${key} (exit code ${code})`);
  }

  #parse(text: string): { readonly username: string; readonly secret: string } {
    try {
      const { Username, Secret } = JSON.parse(text) as { readonly Username?: unknown; readonly Secret?: unknown };
      if (typeof Username === 'string' && typeof Secret === 'string') return { username: Username, secret: Secret };
    } catch {
      // The parser's message would quote a secret.
    }
    throw this.#failure('did not print credentials as JSON');
  }

  async #run(
    action: string,
    input: string,
    signal?: AbortSignal,
  ): Promise<{ readonly code: number | null; readonly stdout: string }> {
    // Loaded on demand, because most users have no helper.
    const { spawn } = await import('node:child_process');
    signal?.throwIfAborted();
    const limit = AbortSignal.timeout(MAX_WAIT_MS);
    const child = spawn(this.#program, [action], {
      env: { ...this.#env },
      stdio: 'pipe',
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
      killSignal: 'SIGKILL',
    });
    try {
      return await outcomeOf(child, input);
    } catch (error) {
      signal?.throwIfAborted();
      if (limit.aborted) throw this.#failure(`did not answer within ${MAX_WAIT_MS / 1000} seconds`);
      const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      if (isMissing) throw this.#failure('is not installed; install it, or remove it from that file and log in again');
      throw this.#failure(error instanceof Error ? error.message : String(error));
    }
  }

  #failure(message: string): CredentialsError {
    return new CredentialsError(this.origin, message);
  }
}

async function outcomeOf(
  child: ChildProcessWithoutNullStreams,
  input: string,
): Promise<{ readonly code: number | null; readonly stdout: string }> {
  const closed = once(child, 'close');
  // A helper may exit before it has read its input; its exit code says more than the broken pipe.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  child.stderr.resume();
  const chunks: Buffer[] = [];
  let bytes = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.byteLength;
    if (bytes > MAX_OUTPUT_BYTES) child.kill('SIGKILL');
    else chunks.push(chunk);
  });
  await closed;
  return { code: child.exitCode, stdout: Buffer.concat(chunks).toString('utf8') };
}
