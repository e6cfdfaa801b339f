import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { Registry } from '../../helpers/http/with-registry.ts';

const CLI = join(import.meta.dirname, '../../../bundle/bin.js');

/** A registry in a process of its own. */
export interface ServerProcess {
  readonly registry: Registry;
  /** Ends it as a power cut would, and waits until it is gone. */
  readonly kill: () => Promise<void>;
}

/** How a server is started. */
export interface ServerOptions {
  /** Default: a free one. */
  readonly port?: number;
  /** How long deletions can be undone; default: not at all. */
  readonly keep?: string;
  /** Keys of the section in addition to its own. */
  readonly storage?: object;
}

/** Starts the command line's server on `root` and waits until it listens. */
export async function startServer(
  t: ExecutionContext,
  folder: string,
  { port = 0, keep = '0s', storage = {} }: ServerOptions = {},
): Promise<ServerProcess> {
  const root = join(folder, 'root');
  const config = join(folder, 'config.yml');
  const configuration = {
    version: 0.1,
    log: { level: 'info', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: root }, delete: { enabled: true, keep }, ...storage },
    http: { addr: `127.0.0.1:${port}`, secret: 'known to every test' },
  };
  await writeFile(config, JSON.stringify(configuration));
  const child = spawn(process.execPath, [CLI, 'serve', config], { stdio: ['ignore', 'inherit', 'pipe'] });
  const closed = once(child, 'close');
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await closed;
  };
  t.teardown(kill);
  let output = '';
  for await (const text of child.stderr
    .setEncoding('utf8')
    .iterator({ destroyOnReturn: false }) as AsyncIterable<string>) {
    output += text;
    const [, address] = /"address":"([^"]+)".*"msg":"ready"/.exec(output) ?? [];
    if (address !== undefined)
      return { registry: new Registry({ address, ca: undefined }, { stop: kill, root }), kill };
  }
  throw new Error(`the server ended before it listened: ${output}`);
}
