import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { tempRoot } from '../drivers/temp-root.ts';
import { type Registry, type RegistryOptions, withRegistry } from '../http/with-registry.ts';
import type { Finished } from '../processes/run-process.ts';
import { runInProcess } from './run-in-process.ts';

// Each command listens for signals while it runs, and the tests of a file run at the same time.
process.setMaxListeners(0);

/** A registry, and the commands of a user who has nothing else. */
export interface ClientCommands {
  readonly registry: Registry;
  /** The host of the registry, as in references. */
  readonly host: string;
  /** The home of the user, where tests may write. */
  readonly home: string;
  /** Runs the program. */
  readonly stowage: (...args: readonly string[]) => Promise<Finished>;
  /** Runs it with this on standard input. */
  readonly withInput: (input: string, ...args: readonly string[]) => Promise<Finished>;
}

/** Starts a registry and a user; both are gone when the test ends. */
export async function clientCommands(t: ExecutionContext, options: RegistryOptions = {}): Promise<ClientCommands> {
  const registry = await withRegistry(t, options);
  return { registry, ...(await userOf(t, registry)) };
}

/** A user of a running registry. */
export async function userOf(t: ExecutionContext, { address }: { readonly address: string }) {
  const home = await tempRoot(t);
  const env = { HOME: home, PATH: process.env['PATH'] ?? '', XDG_RUNTIME_DIR: join(home, 'run') };
  return {
    host: new URL(address).host,
    home,
    stowage: (...args: readonly string[]) => runInProcess(args, env),
    withInput: (input: string, ...args: readonly string[]) => runInProcess(args, env, input),
  };
}
