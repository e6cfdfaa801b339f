import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { ExecutionContext } from 'ava';
import { stringify } from 'yaml';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';
import { findCommand } from '../../helpers/running/tests-that-need.ts';
import { attempt } from '../clients/commands.ts';
import { startDaemon } from '../clients/daemon.ts';
import { Client } from './client.ts';

export const CLI = join(import.meta.dirname, '../../../bundle/bin.js');

/** Which registry serves. */
export type Kind = 'stowage' | 'docker-registry' | 'distribution';

const commands: Readonly<Record<Kind, readonly [string, ...string[]]>> = {
  stowage: [process.execPath, CLI],
  'docker-registry': ['docker-registry'],
  distribution: [findDistribution() ?? 'registry'],
};

/** The registry of distribution 3, on the PATH or where `go install` puts it; `undefined` if it is in neither. */
export function findDistribution(): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), join(homedir(), 'go', 'bin')];
  return findCommand('registry', folders);
}

/**
 * Serves the storage in `root`; every registry has the same secret.
 * @param others further sections of the configuration
 */
export async function serve(
  t: ExecutionContext,
  kind: Kind,
  root: string,
  others: Readonly<Record<string, unknown>> = {},
): Promise<Client> {
  const file = await configure(t, root, others);
  const [command, ...args] = commands[kind];
  const daemon = startDaemon(t, command, [...args, 'serve', file]);
  const [, host] = await daemon.printed(/(?:http:\/\/|listening on )(127\.0\.0\.1:[1-9]\d*)/);
  return new Client(`http://${host}`);
}

async function configure(
  t: ExecutionContext,
  root: string,
  others: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const file = join(await tempRoot(t), 'config.yml');
  const config = {
    version: 0.1,
    storage: { filesystem: { rootdirectory: root }, delete: { enabled: true } },
    http: { addr: '127.0.0.1:0', secret: 'both know it' },
    ...others,
  };
  await writeFile(file, stringify(config));
  return file;
}

/** How garbage is collected. */
export interface CollectOptions {
  /** Default: docker-registry. */
  readonly by?: Kind;
  /** Whether manifests without a tag are removed; default `true`. */
  readonly untagged?: boolean;
}

/** Runs the garbage collection of Stowage, or of distribution 2 or 3. */
export async function collectGarbage(
  t: ExecutionContext,
  root: string,
  { by = 'docker-registry', untagged = true }: CollectOptions = {},
): Promise<void> {
  const file = await configure(t, root);
  const [command, ...args] = commands[by];
  await promisify(execFile)(command, [...args, 'garbage-collect', ...(untagged ? ['--delete-untagged'] : []), file]);
}

/** Verifies a root. @returns what Stowage has found, and the exit code */
export async function scrub(
  t: ExecutionContext,
  root: string,
): Promise<{ readonly code: number; readonly stdout: string }> {
  const file = await configure(t, root);
  const { code = -1, stdout } = await attempt(process.execPath, [CLI, 'scrub', file]);
  return { code, stdout };
}

/** Both registries on one root, in both orders. */
export async function serveBoth(t: ExecutionContext): Promise<{ root: string; pairs: [Client, Client][] }> {
  const root = join(await tempRoot(t), 'root');
  const [stowage, debian] = [await serve(t, 'stowage', root), await serve(t, 'docker-registry', root)];
  return {
    root,
    pairs: [
      [stowage, debian],
      [debian, stowage],
    ],
  };
}
