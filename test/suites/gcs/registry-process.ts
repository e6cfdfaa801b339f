import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ExecutionContext } from 'ava';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';

const CLI = join(import.meta.dirname, '../../../bundle/bin.js');

/** A registry in a process of its own. */
export interface RegistryProcess {
  /** `http://127.0.0.1:<port>`. */
  readonly address: string;
  /** `127.0.0.1:<port>`. */
  readonly host: string;
  /** A figure of /proc/<pid>/status, in bytes. */
  memory(figure: 'VmRSS' | 'VmHWM'): Promise<number>;
}

/**
 * Serves a bucket.
 * @param gcs the options of the driver, as the YAML has them
 */
export async function startGcsRegistry(
  t: ExecutionContext,
  gcs: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, string>> = {},
): Promise<RegistryProcess> {
  const file = join(await tempRoot(t), 'config.yml');
  const configuration = {
    version: 0.1,
    log: { level: 'info', accesslog: { disabled: true } },
    storage: { gcs, delete: { enabled: true } },
    http: { addr: '127.0.0.1:0', secret: 'one for all processes' },
  };
  await writeFile(file, JSON.stringify(configuration));
  const child = spawn(process.execPath, [CLI, 'serve', file], { env, stdio: ['ignore', 'inherit', 'pipe'] });
  const exited = once(child, 'exit');
  t.teardown(async () => {
    child.kill();
    await exited;
  });
  for await (const line of createInterface(child.stderr)) {
    const address = /"address":"([^"]+)".*"msg":"ready"/.exec(line)?.[1];
    if (address === undefined) continue;
    const memory = async (figure: string): Promise<number> => {
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
      return Number(new RegExp(`^${figure}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1024;
    };
    return { address, host: new URL(address).host, memory };
  }
  throw new Error('the registry did not start');
}
