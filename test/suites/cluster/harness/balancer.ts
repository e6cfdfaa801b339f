import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { type Answer, type Ask, ask, type Target } from '../../../helpers/http/http-request.ts';
import { freePort } from '../../../helpers/processes/free-port.ts';
import { ProcessGroup } from '../../../helpers/processes/process-group.ts';
import { until } from '../../../helpers/running/until.ts';

const DEPLOY = join(import.meta.dirname, '../../../../../deploy');

/** The answer header in which nginx names all instances that it has sent a request to. */
export const TRIED_HEADER = 'x-tried';

/** The balancer, and the ports of the instances. */
export interface BalancerOptions {
  readonly kind: 'nginx' | 'haproxy';
  readonly folder: string;
  readonly ports: readonly number[];
  /** Picks an instance at random instead of in turn (nginx only). */
  readonly isRandom?: boolean | undefined;
}

/** A load balancer that runs with the file that users get. */
export class Balancer implements Target {
  readonly port: number;

  private constructor(port: number) {
    this.port = port;
  }

  /** Starts it and waits until it passes requests on. */
  static async start(t: ExecutionContext, options: BalancerOptions): Promise<Balancer> {
    const balancer = new Balancer(await freePort());
    const start = { nginx: startNginx, haproxy: startHaproxy }[options.kind];
    const group = await start(t, options, balancer.port);
    await until(`${options.kind} passes requests on`, async () => {
      if (!group.isAlive) throw new Error(`${options.kind} has ended:\n${group.output}`);
      const answer = await balancer.ask('GET', '/v2/').catch(() => undefined);
      return answer?.status === 200;
    });
    return balancer;
  }

  get address(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** `127.0.0.1:<port>`, as it begins an image's name. */
  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  ask(method: string, path: string, options?: Ask): Promise<Answer> {
    return ask(this, method, path, options);
  }
}

async function startNginx(t: ExecutionContext, options: BalancerOptions, port: number): Promise<ProcessGroup> {
  const { folder, ports, isRandom = false } = options;
  const site = join(folder, 'stowage.nginx');
  const text = replaceEach(await readFile(join(DEPLOY, 'nginx.conf'), 'utf8'), [
    [/^ {4}server registry-1:5000(.*?);.*$/m, (line) => forEachPort(line, ports, isRandom)],
    [/^ {4}server registry-[23]:5000.*\n/gm, () => ''],
    [/listen 80;/, () => `listen 127.0.0.1:${port};`],
  ]);
  await writeFile(site, text);
  const main = join(folder, 'nginx.conf');
  await mkdir(join(folder, 'nginx'));
  await writeFile(main, mainFile(folder, site));
  return ProcessGroup.start(t, { command: 'nginx', args: ['-c', main, '-p', folder], label: 'nginx' });
}

function forEachPort(line: string, ports: readonly number[], isRandom: boolean): string {
  const lines = ports.map((port) => line.replace('registry-1:5000', `127.0.0.1:${port}`));
  return [...(isRandom ? ['    random;'] : []), ...lines].join('\n');
}

/** The configuration around the published file in an nginx of the test's own. */
function mainFile(folder: string, site: string): string {
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return [
    'daemon off;',
    `pid ${folder}/nginx.pid;`,
    'error_log stderr warn;',
    'worker_processes 2;',
    'events { worker_connections 1024; }',
    'http {',
    'access_log off;',
    ...paths.map((path) => `${path}_temp_path ${folder}/nginx/${path};`),
    `add_header ${TRIED_HEADER} $upstream_addr always;`,
    `include ${site};`,
    '}',
    '',
  ].join('\n');
}

async function startHaproxy(t: ExecutionContext, options: BalancerOptions, port: number): Promise<ProcessGroup> {
  const { folder, ports } = options;
  const file = join(folder, 'haproxy.cfg');
  const servers = ports.map((to, index) => `    server registry-${index + 1} 127.0.0.1:${to}`).join('\n');
  const text = replaceEach(await readFile(join(DEPLOY, 'haproxy.cfg'), 'utf8'), [
    [/^ {4}server registry-1 registry-1:5000.*$/m, () => servers],
    [/^ {4}server registry-[23] registry.*\n/gm, () => ''],
    [/bind :80 /, () => `bind 127.0.0.1:${port} `],
  ]);
  await writeFile(file, text);
  return ProcessGroup.start(t, { command: 'haproxy', args: ['-db', '-f', file], label: 'haproxy' });
}

/** Replaces a text that must occur. */
function replaceEach(text: string, replacements: readonly (readonly [RegExp, (match: string) => string])[]): string {
  let result = text;
  for (const [pattern, replace] of replacements) {
    if (result.search(pattern) < 0) throw new Error(`the file in deploy/ has nothing like ${String(pattern)}`);
    result = result.replace(pattern, replace);
  }
  return result;
}
