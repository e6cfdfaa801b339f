import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { parse } from 'yaml';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { findCommand } from '../../../helpers/running/tests-that-need.ts';
import { run } from '../commands.ts';
import { type Daemon, startDaemon } from '../daemon.ts';
import { writeImageLayout } from '../images/oci-layout.ts';
import { SMALL_LAYERS } from '../images/recipe.ts';
import { DockerBySkopeo } from './docker-by-skopeo.ts';
import { type PageStep, stepsOf } from './page-steps.ts';
import { type Place, placesBelow } from './places.ts';

// This file runs as dist/test/suites/clients/pages/reader.js.
const REPOSITORY = join(import.meta.dirname, '../../../../..');
/** What `stowage serve` takes where no other registry has left a configuration. */
const PACKAGE_CONFIG = join(REPOSITORY, 'config.yml');

/** The part of a workflow that runs commands. */
interface Workflow {
  readonly jobs: Readonly<Record<string, { readonly steps: readonly { readonly run?: string }[] }>>;
}

/** What a reader types where a command asks for a password. */
const PASSWORD = 'correct horse';

/** What is not run here, and why. */
const NOT_RUN: readonly (readonly [RegExp, string])[] = [
  [/^npm ci$/, 'the repository is installed'],
  [/^docker (?:build|run) /, 'there is no daemon of Docker'],
  [/^certbot /, 'there is no public name; the page has another way'],
  [/^(?:useradd|chown) /, 'a test changes no users'],
  [/^systemctl daemon-reload$/, 'there is no systemd'],
];

/**
 * Somebody who does what a page says, word for word, except that files, ports and the name of the machine are those of a
 * test, and that skopeo stands in for the daemon of Docker.
 */
export class Reader {
  readonly #t: ExecutionContext;
  readonly #home: string;
  readonly #docker = new DockerBySkopeo((line) => this.sh(line));
  /** A text of the page with the places of this test. */
  readonly #here: Place;
  /** The registries that were started, in order. */
  readonly servers: Daemon[] = [];

  private constructor(t: ExecutionContext, home: string, here: Place) {
    this.#t = t;
    this.#home = home;
    this.#here = here;
  }

  /**
   * A reader with an image `alpine`, an OCI layout `build` with the tag `v1`, and no credentials.
   * @param services what takes the place of services on the Internet, by their URLs
   */
  static async open(t: ExecutionContext, services: Readonly<Record<string, string>> = {}): Promise<Reader> {
    const home = await tempRoot(t);
    const places = await placesBelow(home, { repository: REPOSITORY, node: process.execPath });
    const here: Place = (text) =>
      Object.entries(services).reduce((changed, [url, ours]) => changed.replaceAll(url, ours), places(text));
    const reader = new Reader(t, home, here);
    const nginx = `exec ${findCommand('nginx') ?? 'nginx'} -e stderr -p ${home} -c nginx.conf "$@"`;
    await reader.#write('bin/nginx', `#!/bin/sh\n${nginx}\n`);
    const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};`);
    const http = `access_log off; ${folders.join(' ')} include ${home}/etc/nginx/conf.d/*.conf;`;
    await reader.#write('nginx.conf', `daemon off; pid nginx.pid; events {} http { ${http} }\n`);
    await reader.#write('.docker/config.json', '{}');
    for (const name of ['alpine', 'build'])
      await writeImageLayout(join(home, name), { seed: name, layers: SMALL_LAYERS });
    await reader.sh('skopeo copy oci:build:latest oci:build:v1');
    return reader;
  }

  /**
   * Runs the commands of a workflow of GitHub Actions as a runner with docker does, on the image `build`.
   * @param env what the runner gives the job
   */
  async runWorkflow(path: string, env: Readonly<Record<string, string>>): Promise<void> {
    const push = 'exec skopeo copy oci:build:v1 "docker://$2"';
    const docker = `case $1 in build) ;; login) shift; exec skopeo login "$@" ;; push) ${push} ;; *) exit 1 ;; esac`;
    await this.#write('runner/docker', `#!/bin/sh\n${docker}\n`);
    const { jobs } = parse(await readFile(join(this.#home, path), 'utf8')) as Workflow;
    const given = { ...this.#env(), ...env, PATH: `${this.#home}/runner:${this.#env()['PATH'] ?? ''}` };
    for (const { steps } of Object.values(jobs))
      for (const { run: script = '' } of steps) await run('sh', ['-euc', script], { cwd: this.#home, env: given });
  }

  /** Installs Stowage as the pages say. */
  install(): Promise<void> {
    return this.follow('docs/quick-starts/laptop.md', 'Install');
  }

  /**
   * Does everything that a page says, or the part of it below a heading.
   * @throws Error of the first command that fails, with its output
   */
  async follow(page: string, heading?: string): Promise<void> {
    const text = await readFile(join(REPOSITORY, page), 'utf8');
    const part = heading === undefined ? text : text.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0];
    const steps = stepsOf(part ?? '');
    if (steps.length === 0) throw new Error(`${page} has no steps`);
    for (const step of steps) await this.#do(step);
  }

  /** Runs a line with what the page and its steps have set up, and returns its output. */
  sh(line: string): Promise<string> {
    // A command that asks on the terminal reads the answer from its input here.
    const answered = line.replace(/\bhtpasswd (?=-B)/, 'htpasswd -i ');
    return run('sh', ['-euc', this.#here(answered)], { cwd: this.#home, env: this.#env(), input: `${PASSWORD}\n` });
  }

  /** Starts Redis, which a page may take for granted. */
  async startRedis(): Promise<void> {
    const port = portOf(this.#here('127.0.0.1:6379'));
    const redis = startDaemon(this.#t, 'redis-server', ['--bind', '127.0.0.1', '--port', port, '--save', '']);
    await redis.printed(/Ready to accept connections/);
  }

  async #do(step: PageStep): Promise<void> {
    if (step.kind === 'file') {
      await this.#write(this.#here(step.path), this.#here(step.text));
      return;
    }
    if (step.kind === 'section') {
      await this.#replaceSection(this.#here(step.path), step.section, this.#here(step.text));
      return;
    }
    const line = step.line.replace(/^runuser -u \w+ -- /, '');
    const reason = NOT_RUN.find(([pattern]) => pattern.test(line))?.[1];
    if (reason !== undefined) this.#t.log(`not run, because ${reason}: ${line}`);
    else if (line.startsWith('docker ')) await this.#docker.do(this.#here(line));
    else if (line === 'systemctl reload nginx') await this.#startNginx();
    else if (line.startsWith('systemctl enable --now ')) await this.#startUnit(line.split(' ').at(-1) ?? '');
    else if (/^(?:\w+=\S+ )?stowage serve\b/.test(line)) await this.serve(line.replace(/ &$/, ''));
    else await this.sh(line);
  }

  /** Starts a registry by the command of a page; it ends with the test, or when a page starts another one in its place. */
  async serve(line: string): Promise<void> {
    const address = this.#here('127.0.0.1:5000');
    const hasOwnAddress = line.startsWith('REGISTRY_HTTP_ADDR=');
    // A page that starts another registry at the same address has stopped the first.
    if (!hasOwnAddress) await this.servers.pop()?.stop();
    const command = this.#here(line).replace(/ serve$/, ` serve ${PACKAGE_CONFIG}`);
    const env = { ...this.#env(), ...(!hasOwnAddress && { REGISTRY_HTTP_ADDR: address }) };
    const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    const server = startDaemon(this.#t, 'env', ['-C', this.#home, ...variables, 'sh', '-c', `exec env ${command}`]);
    this.servers.push(server);
    await server.printed(/"msg":"ready"/);
  }

  async #startUnit(name: string): Promise<void> {
    const unit = await readFile(join(this.#home, `etc/systemd/system/${name}.service`), 'utf8');
    const [, command = ''] = /^ExecStart=(.*)$/m.exec(unit) ?? [];
    await this.serve(command);
  }

  async #startNginx(): Promise<void> {
    startDaemon(this.#t, join(this.#home, 'bin/nginx'), []);
    const text = await readFile(join(this.#home, 'etc/nginx/conf.d/stowage.conf'), 'utf8');
    const [, address, tls] = /listen (\S+?)( ssl)?;/.exec(text) ?? [];
    // Until nginx listens, connections to it are refused.
    const url = `${tls === undefined ? 'http' : 'https'}://${address}/v2/`;
    await this.sh(`curl -sk --retry 300 --retry-delay 0 --retry-connrefused --retry-max-time 60 -o answer ${url}`);
  }

  /** Replaces a key at the top of a YAML file, with everything below it. */
  async #replaceSection(path: string, section: string, text: string): Promise<void> {
    const lines = (await readFile(path, 'utf8')).split('\n');
    const start = lines.indexOf(`${section}:`);
    if (start < 0) throw new Error(`${path} has no section ${section}`);
    const length = lines.slice(start + 1).findIndex((line) => /^\S/.test(line)) + 1;
    lines.splice(start, length === 0 ? lines.length : length, ...text.trimEnd().split('\n'));
    await writeFile(path, lines.join('\n'));
  }

  async #write(path: string, text: string): Promise<void> {
    const file = path.startsWith('/') ? path : join(this.#home, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text, { mode: text.startsWith('#!') ? 0o755 : 0o644 });
  }

  #env(): Record<string, string> {
    return {
      HOME: this.#home,
      PATH: `${this.#home}/usr/local/bin:${this.#home}/bin:${process.env['PATH'] ?? ''}`,
      REGISTRY_AUTH_FILE: join(this.#home, '.docker/config.json'),
      CI_PASSWORD: PASSWORD,
    };
  }
}

function portOf(address: string): string {
  return address.split(':').at(-1) ?? '';
}
