import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readRedis } from '../../../../server/composition/redis-tls-files.ts';
import { checkStart } from '../../../../server/composition/start-problems.ts';
import { ConfigurationError, loadConfiguration } from '../../../../server/config/index.ts';
import { startRegistry } from '../../../../server/main.ts';
import { testWithCertificates } from '../../../helpers/http/test-with-certificates.ts';

async function load(folder: string, tls: string): ReturnType<typeof loadConfiguration> {
  const text = `version: 0.1\nstorage: inmemory\nhttp: {addr: "127.0.0.1:0"}\nredis:\n  addrs: [localhost:1]\n${tls}`;
  return loadConfiguration({ path: join(folder, 'config.yml'), text, env: {} });
}

testWithCertificates('the files of redis.tls are read from the folder of the configuration', async (t, made) => {
  const authority = await made.certificates.make('authority', 'authority');
  await made.certificates.make('client', 'client', authority);
  const loaded = await load(
    made.folder,
    '  tls: {certificate: client.pem, key: client.key, rootcas: [authority.pem]}\n',
  );
  const settings = await readRedis(loaded);
  t.regex(settings?.tls?.certificate ?? '', /BEGIN CERTIFICATE/);
  t.regex(settings?.tls?.key ?? '', /BEGIN PRIVATE KEY/);
  t.is(settings?.tls?.authorities.length, 1);
});

testWithCertificates('all problems with them are reported at once, with their places', async (t, made) => {
  const { folder, certificates } = made;
  const [one] = [await certificates.make('one', 'client'), await certificates.make('two', 'client')];
  await writeFile(join(folder, 'empty.pem'), '');
  const tls = '  tls:\n    certificate: missing.pem\n    key: one.pem\n    rootcas: [one.pem, empty.pem]\n';
  const loaded = await load(folder, tls);
  const error = await t.throwsAsync(readRedis(loaded), { instanceOf: ConfigurationError });
  const lines = error.message.split('\n').map((line) => line.slice(folder.length + 1));
  t.is(lines.length, 3, error.message);
  t.regex(lines.join('\n'), /config\.yml:7: redis\.tls\.certificate: missing\.pem cannot be used: ENOENT/);
  t.regex(lines.join('\n'), /config\.yml:8: redis\.tls\.key: one\.pem cannot be used: /);
  t.regex(
    lines.join('\n'),
    /config\.yml:9: redis\.tls\.rootcas\[1\]: empty\.pem cannot be used: it contains no certif/,
  );
  t.is((await checkStart(loaded)).problems.length, 1);
  await t.throwsAsync(startRegistry(loaded), { instanceOf: ConfigurationError });
  const mixed = await load(folder, '  tls: {certificate: one.pem, key: two.key}\n');
  await t.throwsAsync(readRedis(mixed), {
    instanceOf: ConfigurationError,
    message: /redis\.tls\.key: two\.key cannot/,
  });
  t.truthy(one);
});
