import { X509Certificate } from 'node:crypto';
import { copyFile, mkdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:tls';
import type { TestCertificate } from '../../../helpers/http/certificates.ts';
import { testWithCertificates } from '../../../helpers/http/test-with-certificates.ts';
import { type RunningWorkers, withWorkers } from '../../../helpers/http/with-workers.ts';

const HTTP = { tls: { certificate: 'tls/tls.crt', key: 'tls/tls.key' } };

async function install({ certFile, keyFile }: TestCertificate, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await copyFile(certFile, join(folder, 'tls.crt'));
  await copyFile(keyFile, join(folder, 'tls.key'));
}

async function serialOf({ certFile }: TestCertificate): Promise<string> {
  return new X509Certificate(await readFile(certFile)).serialNumber;
}

/** The serial number of the certificate that a new connection gets; rejects when the handshake fails. */
function servedSerial({ address }: RunningWorkers): Promise<string> {
  const { hostname, port } = new URL(address);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false });
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      resolve(socket.getPeerCertificate().serialNumber);
      socket.destroy();
    });
  });
}

for (const workers of [1, 2]) {
  testWithCertificates(
    `${workers} workers use a certificate whose files have changed, and no handshake fails meanwhile`,
    async (t, { folder, certificates }) => {
      const [first, second] = [await certificates.make('first', 'server'), await certificates.make('second', 'server')];
      await install(first, join(folder, 'tls'));
      const running = await withWorkers(t, { workers, ...HTTP }, { folder });
      const serials = [await serialOf(first), await serialOf(second)];
      let isOver = false;
      const clients = Array.from({ length: 4 }, async () => {
        const seen = new Set<string>();
        while (!isOver) seen.add(await servedSerial(running));
        return seen;
      });
      await install(second, join(folder, 'tls'));
      running.signal('SIGHUP');
      await running.logged(/"key":"http\.tls","to":"CN=localhost, valid to [^"]+ GMT, SHA-256 [0-9A-F:]{95}"/);
      // The line comes before the change; a worker that has it keeps it.
      for (let inRow = 0; inRow < 20; ) inRow = (await servedSerial(running)) === serials[1] ? inRow + 1 : 0;
      isOver = true;
      for (const seen of await Promise.all(clients)) {
        t.deepEqual(
          [...seen].filter((serial) => !serials.includes(serial)),
          [],
        );
      }
      running.signal('SIGTERM');
      t.notRegex((await running.finished).stderr, /handshake failed|PRIVATE KEY/);
    },
  );
}

testWithCertificates(
  'a key that does not match the certificate is refused, together with all other changes of the file',
  async (t, { folder, certificates }) => {
    const [first, second] = [await certificates.make('first', 'server'), await certificates.make('second', 'server')];
    await install(first, join(folder, 'tls'));
    const running = await withWorkers(t, HTTP, { folder });
    await copyFile(second.keyFile, join(folder, 'tls/tls.key'));
    await running.configure({ log: { level: 'debug' } });
    running.signal('SIGHUP');
    await running.logged(/http\.tls\.key: tls\/tls\.key is not the key of the first certificate/);
    await running.logged(/the previous one stays in effect/);
    for (let count = 0; count < 6; count += 1) t.is(await servedSerial(running), await serialOf(first));
    await copyFile(second.certFile, join(folder, 'tls/tls.crt'));
    running.signal('SIGHUP');
    await running.logged(/"key":"log\.level","from":"info","to":"debug"/);
    for (let inRow = 0; inRow < 6; ) inRow = (await servedSerial(running)) === (await serialOf(second)) ? inRow + 1 : 0;
  },
);

testWithCertificates(
  'without a signal, a swap of links as in Kubernetes changes the certificate and the configuration',
  async (t, { folder, certificates }) => {
    const [first, second] = [await certificates.make('first', 'server'), await certificates.make('second', 'server')];
    await install(first, join(folder, 'tls/..1'));
    await install(second, join(folder, 'tls/..2'));
    await symlink('..1', join(folder, 'tls/..data'));
    for (const name of ['tls.crt', 'tls.key']) await symlink(`..data/${name}`, join(folder, 'tls', name));
    const running = await withWorkers(t, { workers: 1, secret: 'x', ...HTTP }, { folder });
    t.is(await servedSerial(running), await serialOf(first));
    await symlink('..2', join(folder, 'tls/..data_tmp'));
    await rename(join(folder, 'tls/..data_tmp'), join(folder, 'tls/..data'));
    await running.logged(/"key":"http\.tls"/);
    while ((await servedSerial(running)) !== (await serialOf(second)));
    const text = await readFile(join(folder, 'config.yml'), 'utf8');
    await mkdir(join(folder, '..3'));
    await writeFile(join(folder, '..3/config.yml'), text.replace('"log":{', '"log":{"level":"debug",'));
    await symlink('..3/config.yml', join(folder, 'config.yml.new'));
    await rename(join(folder, 'config.yml.new'), join(folder, 'config.yml'));
    await running.logged(/"key":"log\.level","from":"info","to":"debug"/);
    t.notRegex((await stopped(running)).stderr, /"level":[45]0/);
  },
);

async function stopped(running: RunningWorkers) {
  running.signal('SIGTERM');
  return running.finished;
}
