import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { certificatesIn, chainFindings } from '../../../../cli/doctor/certificate-chain.ts';
import { tlsFiles } from '../../../../cli/doctor/checks/tls-files.ts';
import type { TestCertificate } from '../../../helpers/http/certificates.ts';
import { testWithCertificates } from '../../../helpers/http/test-with-certificates.ts';
import { examined, loadedFrom } from '../../../helpers/running/examined.ts';

const DAY_MS = 86_400_000;

testWithCertificates(
  'what is wrong with a chain is told by its names, its dates and its order',
  async (t, { certificates }) => {
    const root = await certificates.make('root', 'authority');
    const between = await certificates.make('between', 'authority', root);
    const server = await certificates.make('server', 'server', between);
    const found = async (chain: readonly TestCertificate[], host = 'localhost', inDays = 0): Promise<string> => {
      const pems = await Promise.all(chain.map(({ certFile }) => readFile(certFile, 'utf8')));
      const context = { from: 'the file', host, now: Date.now() + inDays * DAY_MS };
      const findings = chainFindings(certificatesIn(pems.join('\n')), context);
      return findings.map(({ severity, finding }) => `${severity}: ${finding}`).join('\n');
    };
    const whole = await found([server, between, root]);
    t.regex(whole, /^ok: the file is for localhost$/m);
    t.regex(whole, /^warning: the file: the certificate of "localhost" expires in 1 days, on /m);
    t.regex(whole, /^note: the file ends with the root "root", which clients have to know anyway$/m);
    t.regex(
      await found([server, between]),
      /^note: the file ends with a certificate that "root" has signed: clients /m,
    );
    t.regex(await found([root]), /^note: the file has signed itself/m);
    t.regex(await found([server, root, between]), /^failure: the file has its certificates in the wrong order$/m);
    t.regex(await found([server, root]), /^failure: the file: "root" has not signed "localhost", which it follows$/m);
    t.regex(
      await found([server], 'registry.example.com'),
      /^failure: the file is not for registry.example.com, but for DNS:localhost, /m,
    );
    t.regex(await found([server], '127.0.0.1'), /^ok: the file is for 127.0.0.1$/m);
    t.regex(await found([server], 'localhost', 3), /^failure: the file: the certificate of "localhost" expired on /m);
    t.regex(await found([server], 'localhost', -2), /^failure: .* is not valid yet$/m);
    t.regex(await found([]), /^failure: the file contains no certificate$/m);
  },
);

testWithCertificates(
  'the files of the configuration are looked at, with those for clients',
  async (t, { certificates, folder }) => {
    const root = await certificates.make('root', 'authority');
    const server = await certificates.make('server', 'server', root);
    const chain = join(folder, 'chain.pem');
    await writeFile(chain, `${await readFile(server.certFile, 'utf8')}\n${await readFile(root.certFile, 'utf8')}`);
    const tls = { certificate: chain, key: server.keyFile, clientcas: [root.certFile] };
    const run = async (http: object) =>
      (await tlsFiles.run(examined(t, await loadedFrom({ http })))).map(({ finding }) => finding).join('\n');
    const found = await run({ tls, host: 'https://localhost:5000' });
    t.regex(found, /chain\.pem is for localhost$/m);
    t.regex(found, /^TLSv1\.2 or later is spoken/m);
    t.regex(found, /root\.pem: the certificate of "root" expires/);
    await t.throwsAsync(run({}), { message: 'the registry speaks plain HTTP' });
    const wrong = { ...tls, key: root.keyFile };
    await t.throwsAsync(run({ tls: wrong }), { message: 'the files of http.tls cannot be used' });
  },
);
