import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { ISSUER, SERVICE } from '../../../helpers/auth/token-server.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { testsOf } from '../client-test.ts';
import { run } from '../commands.ts';
import { type Registry, serveFile } from '../registry.ts';
import { skopeo } from './containers-clients.ts';
import { docker } from './docker-client.ts';
import { ANN, byName, checkedHost, makeCertificates, startTokenServer } from './servers.ts';
import { testClientsWith } from './test-clients.ts';

// This file runs as dist/test/suites/clients/access/examples.test.js.
const EXAMPLES = join(import.meta.dirname, '../../../../../examples');
const PACKAGES = { htpasswd: 'apache2-utils', openssl: 'openssl' };

/** An example, with the files that operators put beside it. */
class Example {
  readonly folder: string;
  readonly #t: ExecutionContext;
  readonly #file: string;

  private constructor(t: ExecutionContext, folder: string, name: string) {
    this.#t = t;
    this.folder = folder;
    this.#file = join(folder, name);
  }

  static async copy(t: ExecutionContext, name: string): Promise<Example> {
    const example = new Example(t, await tempRoot(t), name);
    await copyFile(join(EXAMPLES, name), example.#file);
    return example;
  }

  /** The password of each is `<user>'s secret`, but that of ann. */
  async addUsers(...users: readonly string[]): Promise<void> {
    const file = join(this.folder, 'htpasswd');
    await run('htpasswd', ['-cbB', file, ANN.name, ANN.password]);
    for (const user of users) await run('htpasswd', ['-bB', file, user, passwordOf(user)]);
  }

  /** Runs the openssl commands in its first comment. */
  async makeCertificates(): Promise<void> {
    const comment = (await readFile(this.#file, 'utf8')).replaceAll(/^#\s*/gm, '').replaceAll(/\\\n/g, '');
    for (const [line] of comment.matchAll(/^openssl .*$/gm)) await run('sh', ['-euc', line], { cwd: this.folder });
  }

  /** Puts a file beside it, under this name. */
  add(file: string, name: string): Promise<void> {
    return copyFile(file, join(this.folder, name));
  }

  serve(variables: Readonly<Record<string, string>> = {}): Promise<Registry> {
    return serveFile(this.#t, this.#file, {
      REGISTRY_HTTP_ADDR: '127.0.0.1:0',
      REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY: join(this.folder, 'root'),
      ...variables,
    });
  }
}

function passwordOf(user: string): string {
  return user === ANN.name ? ANN.password : `${user}'s secret`;
}

const test = testsOf('examples/access-teams.yml', { skopeo: 'skopeo', dockerd: 'docker.io', ...PACKAGES });

test('with access-teams.yml, teams push to their repositories, and a release never changes', async (t) => {
  const example = await Example.copy(t, 'access-teams.yml');
  await example.addUsers('bob', 'carol', 'olga', 'ci');
  const { host, url } = await example.serve();
  const server = { host, isPublic: false };
  const ann = await docker.open(t, server);
  const bob = await skopeo.open(t, server);
  t.not((await bob.push('shop/web:latest')).code, 0);
  t.like(await ann.login(ANN), { code: 0 });
  t.like(await bob.login({ name: 'bob', password: passwordOf('bob') }), { code: 0 });

  for (const tag of ['latest', 'v1.0', 'v2.0-rc1']) t.like(await ann.push(`shop/web:${tag}`), { code: 0 });
  for (const tag of ['latest', 'v2.0-rc1']) t.like(await bob.push(`shop/web:${tag}`), { code: 0 });
  const moved = await bob.push('shop/web:v1.0');
  t.not(moved.code, 0);
  t.regex(moved.stderr, /immutable/i);
  t.like(await bob.pull('shop/web:v1.0'), { code: 0 });
  t.like(await bob.push('home/bob/notes:1'), { code: 0 });
  t.not((await ann.pull('home/bob/notes:1')).code, 0);
  t.not((await bob.push('bank/ledger:1')).code, 0);
  t.like(await bob.login({ name: 'carol', password: passwordOf('carol') }), { code: 0 });
  t.like(await bob.push('bank/ledger:1'), { code: 0 });
  t.like(await bob.pull('shop/web:v1.0'), { code: 0 });
  t.not((await bob.push('shop/web:other')).code, 0);

  const upload = async (address: string): Promise<number> => {
    const authorization = `Basic ${btoa(`ci:${passwordOf('ci')}`)}`;
    const headers = { authorization, 'x-forwarded-for': address };
    return (await fetch(`${url}/v2/shop/web/blobs/uploads/`, { method: 'POST', headers })).status;
  };
  t.is(await upload('10.20.30.40'), 202);
  t.is(await upload('10.30.30.40'), 403);
});

testClientsWith(
  {
    name: 'examples/access-client-certificates.yml',
    packages: PACKAGES,
    start: async (t) => {
      const example = await Example.copy(t, 'access-client-certificates.yml');
      const { authority, server } = await makeCertificates(t);
      await example.addUsers();
      await example.makeCertificates();
      await example.add(server.certFile, 'certificate.pem');
      await example.add(server.keyFile, 'key.pem');
      const { host } = await example.serve();
      const client = { certFile: join(example.folder, 'client.cert'), keyFile: join(example.folder, 'client.key') };
      const tls = { authorityFile: authority.certFile, client };
      return { host: checkedHost(host), tls, user: ANN, isPublic: true };
    },
  },
  [docker, skopeo],
);

testClientsWith(
  {
    name: 'examples/access-token-server.yml',
    packages: PACKAGES,
    start: async (t) => {
      const example = await Example.copy(t, 'access-token-server.yml');
      const { auth, certFile } = await startTokenServer(t);
      await example.add(certFile, 'token-server.pem');
      const { host } = await example.serve({
        REGISTRY_AUTH_TOKEN_REALM: auth.token.realm,
        REGISTRY_AUTH_TOKEN_SERVICE: SERVICE,
        REGISTRY_AUTH_TOKEN_ISSUER: ISSUER,
      });
      return { host: byName(host), user: ANN, isPublic: true };
    },
  },
  [docker, skopeo],
);
