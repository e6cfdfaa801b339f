import { readFile } from 'node:fs/promises';
import { get } from 'node:https';
import { join } from 'node:path';
import { auditLines, fieldsOf, withAudit } from '../../../helpers/http/audited-registry.ts';
import { testWithCertificates } from '../../../helpers/http/test-with-certificates.ts';
import { until } from '../../../helpers/running/until.ts';

testWithCertificates(
  'a record names the subject of a trusted client certificate',
  async (t, { folder, certificates }) => {
    const authority = await certificates.make('authority', 'authority');
    const server = await certificates.make('server', 'server', authority);
    const client = await certificates.make('build machine', 'client', authority);
    const tls = { certificate: server.certFile, key: server.keyFile, clientcas: [authority.certFile] };
    const { registry } = await withAudit(t, { folder, http: { tls }, audit: { events: ['list'] } });
    const [cert, key, ca] = await Promise.all(
      [client.certFile, client.keyFile, authority.certFile].map((f) => readFile(f)),
    );
    get(`${registry.address}/v2/_catalog`, { cert, key, ca, agent: false, servername: 'localhost' }, (answer) =>
      answer.resume(),
    );
    const lines = await until('it is recorded', async () => {
      const found = await auditLines(join(folder, 'audit.log'));
      return found.length > 0 && found;
    });
    t.deepEqual(fieldsOf(lines, 'action', 'certificate'), [{ action: 'list', certificate: 'CN=build machine' }]);
  },
);
