import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { connect } from 'node:tls';
import { hash } from '@node-rs/bcrypt';
import type { ExecutionContext } from 'ava';
import { TokenSigner } from '../../helpers/auth/token-signer.ts';
import { as } from '../../helpers/http/audited-registry.ts';
import type { CertificateMaker } from '../../helpers/http/certificates.ts';
import { ask, pathOf, type Target } from '../../helpers/http/http-request.ts';
import { RawConnection } from '../../helpers/http/raw-connection.ts';
import { testWithCertificates } from '../../helpers/http/test-with-certificates.ts';
import { digestOf, imageManifest, OCI_MANIFEST, withQuery } from '../../helpers/http/with-registry.ts';
import { freePort } from '../../helpers/processes/free-port.ts';
import { startNode } from '../../helpers/processes/run-process.ts';
import { TERMINAL_NEEDS, TerminalSession } from '../../helpers/processes/terminal-session.ts';
import { newSecret, secret, secretOf } from '../../helpers/secrets/known-secrets.ts';
import { checkForSecrets } from '../../helpers/secrets/watched-output.ts';
import { folderWith, linkStowage } from '../plugins/loading/fixture-folder.ts';

const CLI = 'dist/bundle/bin.js';
/** A variable overrides what the file says. */
const ENV: Readonly<Record<string, string>> = { REGISTRY_REDIS_PASSWORD: newSecret('redis by a variable') };

/** Adds a signature to the URLs of blobs, as the drivers of buckets do. */
const SIGNING_WRAPPER = `
import { ForwardingDriver } from 'stowage/driver';
import { bindPort, definePlugin, DRIVER_WRAPPER, PLUGIN_CONTRACT } from 'stowage/plugin';
class SigningDriver extends ForwardingDriver {
  constructor(inner, signature) { super(inner, { redirect: true }); this.signature = signature; }
  async urlFor(path) { return new URL('https://bucket.example.com' + path + '?X-Signature=' + this.signature); }
}
export default definePlugin({
  kind: 'driver-wrapper', name: 'signing', contract: PLUGIN_CONTRACT,
  options: { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } },
  module: ({ signature }) => bindPort(DRIVER_WRAPPER, { wrap: (driver) => new SigningDriver(driver, signature) }),
});
`;

/** One of each kind. */
interface Secrets {
  readonly password: string;
  readonly wrong: string;
  readonly httpSecret: string;
  readonly oldSecret: string;
  readonly redis: string;
  readonly probe: string;
  readonly signature: string;
}

function newSecrets(): Secrets {
  return {
    password: secretOf('ann', newSecret('password of ann')),
    wrong: secretOf('ann', newSecret('wrong/password+with=signs ')),
    httpSecret: newSecret('http.secret'),
    oldSecret: newSecret('http.secrets'),
    redis: newSecret('redis'),
    probe: newSecret('probe'),
    signature: newSecret('signature'),
  };
}

interface Prepared {
  readonly folder: string;
  readonly file: string;
  readonly secrets: Secrets;
  readonly ca: string;
  readonly port: number;
  readonly debugPort: number;
  readonly write: (log: object, http?: object) => Promise<void>;
}

async function prepared(t: ExecutionContext, certificates: CertificateMaker): Promise<Prepared> {
  const secrets = newSecrets();
  const folder = await folderWith(t, {
    'signing.mjs': SIGNING_WRAPPER,
    htpasswd: `ann:${await hash(secrets.password, 4)}\n`,
  });
  await linkStowage(folder);
  const { certFile, keyFile } = await certificates.make('server', 'server');
  for (const line of (await readFile(keyFile, 'utf8')).split('\n')) if (!line.startsWith('-')) secret(line);
  const [port, debugPort] = [await freePort(), await freePort()];
  const file = join(folder, 'config.yml');
  const write = (log: object, http: object = {}): Promise<void> => {
    const config = {
      version: 0.1,
      log: { level: 'debug', audit: { file: 'audit.log', events: ['all'] }, ...log },
      storage: { inmemory: {}, delete: { enabled: true } },
      middleware: { storage: [{ name: './signing.mjs', options: { signature: secrets.signature } }] },
      auth: { htpasswd: { realm: 'test', path: 'htpasswd' }, token: { embedded: true } },
      authorization: {
        rules: [
          { repositories: ['**'], authenticated: true, allow: ['*'] },
          { repositories: ['**'], anonymous: true, allow: ['pull'] },
        ],
      },
      http: {
        ...{ addr: `127.0.0.1:${port}`, secret: secrets.httpSecret, secrets: [secrets.oldSecret] },
        tls: { certificate: certFile, key: keyFile },
        debug: { addr: `127.0.0.1:${debugPort}`, prometheus: { enabled: true } },
        draintimeout: '1s',
        ...http,
      },
      redis: { addrs: ['127.0.0.1:1'], username: 'registry', password: secrets.redis, dialtimeout: '100ms' },
      health: { http: [{ uri: `http://probe:${secrets.probe}@127.0.0.1:1/`, interval: '1s', threshold: 100_000 }] },
    };
    return writeFile(file, JSON.stringify(config));
  };
  return { folder, file, secrets, ca: await readFile(certFile, 'utf8'), port, debugPort, write };
}

/** Sends every kind of credential, right and wrong, in every place where clients may put one. */
async function useEverySecret(t: ExecutionContext, { secrets, ca, port }: Prepared): Promise<void> {
  const registry: Target = { address: `https://127.0.0.1:${port}`, ca };
  const { password, wrong } = secrets;
  const right = as('ann', password);
  const send = (method: string, path: string, options: Parameters<typeof ask>[3] = {}): ReturnType<typeof ask> =>
    ask(registry, method, path, options);
  const form = (fields: Record<string, string>): ReturnType<typeof ask> =>
    send('POST', '/auth/token', { body: new URLSearchParams(fields).toString() });
  // Basic and tokens, valid or not.
  await send('GET', '/v2/');
  t.is((await send('GET', '/v2/', { headers: right })).status, 200);
  t.is((await send('GET', '/v2/', { headers: as('ann', wrong) })).status, 401);
  await send('GET', '/v2/', { headers: as('nobody', wrong) });
  const signer = await TokenSigner.of('ES256');
  for (const token of [newSecret('bearer'), await signer.sign(), await signer.sign({ exp: 1 })]) {
    await send('GET', '/v2/', { headers: { Authorization: `Bearer ${secret(token)}` } });
    await send('GET', '/v2/', { headers: as('oauth2accesstoken', token) });
  }
  // The token server.
  const scope = 'scope=repository:a:pull,push,delete';
  const issued = await send('GET', `/auth/token?${scope}&offline_token=true&account=${encodeURIComponent(wrong)}`, {
    headers: right,
  });
  t.is(issued.status, 200);
  const { token, refresh_token: refresh = '' } = JSON.parse(issued.text) as { token: string; refresh_token?: string };
  await send('GET', `/auth/token?${scope}&access_token=${token}&password=${encodeURIComponent(wrong)}`);
  await send('GET', '/auth/token', { headers: as('ann', wrong) });
  await send('GET', '/auth/token', { headers: { Authorization: `Bearer ${token}` } });
  await form({ grant_type: 'password', username: 'ann', password });
  await form({ grant_type: 'password', username: 'ann', password: wrong });
  await form({ grant_type: 'refresh_token', refresh_token: refresh });
  await form({ grant_type: 'refresh_token', refresh_token: newSecret('refresh') });
  await form({ grant_type: newSecret('grant type'), password });
  await send('POST', '/auth/token', { body: `{"password":"${wrong}"` });
  // Personal access tokens, also where only their id or a user name belongs.
  const json = { ...right, 'Content-Type': 'application/json' };
  const created = await send('POST', '/auth/tokens', { headers: json, body: '{"name":"ci"}' });
  const { token: personal } = JSON.parse(created.text) as { token: string };
  for (const leaked of [secret(personal), refresh]) {
    for (const path of ['/v2/', '/auth/token', '/auth/tokens']) {
      t.is((await send('GET', path, { headers: as(leaked, '') })).status, 401, path);
    }
    await form({ grant_type: 'password', username: leaked, password: 'x' });
    await send('GET', `/v2/${leaked}/tags/list`, { headers: right });
    await send('GET', `/v2/a/manifests/${leaked}`, { headers: { ...right, Referer: `https://x/${leaked}` } });
    await send('GET', `/auth/token?scope=${leaked}&service=${leaked}`, { headers: { 'User-Agent': leaked } });
    await send('PATCH', `/v2/a/blobs/uploads/${leaked}`, { headers: right, body: 'x' });
    await send('DELETE', `/auth/tokens/x${leaked}`, { headers: right });
  }
  t.is((await send('DELETE', `/auth/tokens/${personal}`, { headers: right })).status, 204);
  // Content, with an upload token in each location and a signature in the redirect.
  const headers = { Authorization: `Bearer ${token}` };
  for (const body of ['{}', 'layer']) {
    const start = await send('POST', '/v2/a/blobs/uploads/', { headers });
    t.is(start.status, 202);
    const location = withQuery(pathOf(start.headers.location), { digest: digestOf(body) });
    t.is((await send('PUT', location, { headers, body })).status, 201);
  }
  const manifest = imageManifest('layer');
  await send('PUT', '/v2/a/manifests/v1', { headers: { ...headers, 'Content-Type': OCI_MANIFEST }, body: manifest });
  const blob = await send('GET', `/v2/a/blobs/${digestOf('layer')}`, { headers });
  t.regex(String(blob.headers.location), /X-Signature=/);
  const start = await send('POST', '/v2/a/blobs/uploads/', { headers });
  await send('PATCH', `${pathOf(start.headers.location)}x`, { headers, body: 'chunk' });
  await send('PATCH', withQuery('/v2/a/blobs/uploads/none', { _state: newSecret('state') }), { headers, body: 'x' });
  // Where no credential belongs.
  const url = `https://ann:${encodeURIComponent(wrong)}@registry.example.com/a`;
  const mount = { mount: digestOf('layer'), from: url };
  await send('POST', withQuery('/v2/b/blobs/uploads/', mount), { headers });
  await send('GET', withQuery('/v2/a/tags/list', { last: wrong, password: wrong, token }), { headers });
  await send('GET', '/v2/none/manifests/v1', {
    headers: {
      ...headers,
      'Proxy-Authorization': `Basic ${token}`,
      Cookie: `session=${token}`,
      Referer: `${url}?t=${token}`,
    },
  });
  await sendMalformed(t, registry, { password, wrong });
}

/** Requests that never reach a route. */
async function sendMalformed(
  t: ExecutionContext,
  { address }: Target,
  { password, wrong }: { readonly password: string; readonly wrong: string },
): Promise<void> {
  const basic = `Authorization: ${String(as('ann', password)['Authorization'])}`;
  const userInfo = `ann:${encodeURIComponent(wrong)}`;
  const port = new URL(address).port;
  for (const lines of [
    ['GET /v2/ HTTP/1.1', basic, 'no colon'],
    ['GET /v2/ HTTP/9.9', basic],
    [`GET https://${userInfo}@registry/v2/ HTTP/1.1`, basic],
    [`CONNECT ${userInfo}@registry:443 HTTP/1.1`, basic],
    ['GET /v2/ HTTP/1.1', `Authorization: Basic ${password}\u0001`],
    ['POST /v2/a/blobs/uploads/ HTTP/1.1', basic, 'Content-Length: 1', 'Transfer-Encoding: chunked'],
  ]) {
    const text = `${[...lines, 'Host: registry', 'Connection: close'].join('\r\n')}\r\n\r\n`;
    await sendOverTls(Number(port), text);
  }
  // Without TLS, where it is needed.
  const plain = await RawConnection.open(t, { address: `http://127.0.0.1:${port}` });
  plain.sendHead('GET /v2/ HTTP/1.1', basic);
  await plain.untilClosed();
}

async function sendOverTls(port: number, text: string): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  socket.on('error', () => undefined);
  await once(socket, 'secureConnect');
  socket.resume().write(Buffer.from(text, 'latin1'));
  await once(socket, 'close');
}

/** What the debug server shows, and what is in the audit log. */
async function otherOutputs({ folder, debugPort }: Prepared): Promise<string> {
  const debug: Target = { address: `http://127.0.0.1:${debugPort}` };
  const shown = await Promise.all(
    ['/metrics', '/debug/health', '/livez', '/readyz'].map((path) => ask(debug, 'GET', path)),
  );
  return [...shown.map(({ text }) => text), await readFile(join(folder, 'audit.log'), 'utf8')].join('\n');
}

const FORMS: readonly (readonly [title: string, log: object])[] = [
  ['lines of JSON', { formatter: 'json' }],
  ['text, which is JSON without a terminal', { formatter: 'text' }],
  ["Apache's combined format", { formatter: 'json', accesslog: { formatter: 'combined' } }],
];

for (const [title, log] of FORMS) {
  testWithCertificates(
    `no output of a registry has a secret, at level debug, as ${title}`,
    async (t, { certificates }) => {
      const registry = await prepared(t, certificates);
      await registry.write(log);
      const running = startNode([CLI, 'serve', registry.file], ENV);
      t.teardown(() => running.signal('SIGKILL'));
      await running.logged(/"msg":"ready"/);
      await useEverySecret(t, registry);
      // A reload names the keys that have changed, and one with a mistake says what is wrong.
      await registry.write(log, { secret: newSecret('next http.secret') });
      running.signal('SIGHUP');
      await running.logged(/http\.secret was changed/);
      await registry.write(log, { secret: [newSecret('misplaced http.secret')] });
      running.signal('SIGHUP');
      await running.logged(/the new configuration was rejected/);
      const others = await otherOutputs(registry);
      checkForSecrets('what the registry shows', others);
      running.signal('SIGTERM');
      const { stdout, stderr } = await running.finished;
      checkForSecrets('stdout', stdout);
      checkForSecrets('stderr', stderr);
      // Otherwise nothing has been tested.
      for (const expected of ['log-in failed', 'a request could not be parsed', 'credentials were refused', 'Redis']) {
        t.true(stderr.includes(expected), expected);
      }
      for (const expected of ['"action":"token-issued"', '"outcome":"refused"', 'registry_http_requests_total']) {
        t.true(others.includes(expected), expected);
      }
    },
  );
}

const atTerminal = TERMINAL_NEEDS.length === 0 ? testWithCertificates : (): void => undefined;

atTerminal('no line of a registry at a terminal has a secret, at level debug', async (t, { certificates }) => {
  const registry = await prepared(t, certificates);
  await registry.write({ formatter: 'text' });
  const line = `exec "${process.execPath}" "${resolve(CLI)}" serve config.yml`;
  const terminal = new TerminalSession(line, { cwd: registry.folder, env: { NO_COLOR: '1', ...ENV } });
  t.teardown(() => terminal.kill());
  await terminal.shows('docker push');
  await useEverySecret(t, registry);
  terminal.kill();
  await terminal.ended();
  checkForSecrets('the terminal', terminal.shown);
  t.true(terminal.shown.includes('log-in failed'), terminal.shown);
});

testWithCertificates('check-config prints a whole configuration without its secrets', async (t, { certificates }) => {
  const registry = await prepared(t, certificates);
  await registry.write({});
  const { code, stdout, stderr } = await startNode([CLI, 'check-config', registry.file], ENV).finished;
  t.is(code, 0, stderr);
  t.true(stdout.includes('********'));
  checkForSecrets('check-config', stdout + stderr);
});
