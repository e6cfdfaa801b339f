import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';

const CLIENT = fileURLToPath(new URL('copying-client.js', import.meta.url));

/** The source and the target of a copy. */
export interface ClientPlaces {
  readonly direction: 'push' | 'pull';
  readonly address: string;
  readonly repository: string;
  /** The folder of the layout. */
  readonly folder: string;
  readonly records: string;
}

/** The report of a client. */
export interface ClientReport {
  /** The bytes that it moved. */
  readonly moved: number;
  /** The bytes that the target had from an earlier client. */
  readonly kept: number;
}

/**
 * Runs a client, and kills it as soon as it has moved this many bytes; a faster one ends by itself.
 * @returns its report; `undefined` when it was killed
 */
export async function runClient(
  t: ExecutionContext,
  { direction, address, repository, folder, records }: ClientPlaces,
  killAfter = Number.POSITIVE_INFINITY,
): Promise<ClientReport | undefined> {
  const args = [CLIENT, direction, address, repository, folder, records];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  t.teardown(() => child.kill('SIGKILL'));
  let output = '';
  for await (const text of child.stdout.setEncoding('utf8') as AsyncIterable<string>) {
    output += text;
    const moved = Number(/moved (\d+)\n$/.exec(output)?.[1] ?? 0);
    if (moved >= killAfter) child.kill('SIGKILL');
  }
  await closed;
  if (child.signalCode === 'SIGKILL') return undefined;
  const report = output.trimEnd().split('\n').at(-1) ?? '';
  if (child.exitCode !== 0) throw new Error(`the client ended with ${child.exitCode}: ${report}`);
  return JSON.parse(report) as ClientReport;
}

/**
 * Runs a client whose files cannot grow beyond this many bytes, as on a full disk.
 * @returns its stderr
 */
export async function runLimitedClient(
  { direction, address, repository, folder, records }: ClientPlaces,
  maxFileBytes: number,
): Promise<string> {
  const args = [process.execPath, CLIENT, direction, address, repository, folder, records];
  const limited = `trap '' XFSZ; ulimit -f ${maxFileBytes / 512}; exec "$0" "$@"`;
  const child = spawn('sh', ['-c', limited, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  for await (const text of child.stderr.setEncoding('utf8') as AsyncIterable<string>) said += text;
  return said;
}
