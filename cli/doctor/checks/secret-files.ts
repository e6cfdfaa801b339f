import { type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type LoadedConfiguration, secretsIn } from '../../../server/config/index.ts';
import { type DoctorCheck, type DoctorFinding, failure, ok, warning } from '../check.ts';
import { Skipped } from '../skipped.ts';

const OTHERS_READ = 0o004;
const OTHERS_WRITE = 0o002;

/** Files with passwords or keys are not for everybody on the machine. */
export const secretFiles: DoctorCheck = {
  name: 'secret-files',
  proves: 'not every user of this machine can read files with secrets, or write those that decide about access',
  run: async ({ configured }) => {
    if (process.getuid === undefined) throw new Skipped('files have no permissions here');
    const files = filesOf(configured);
    const found = await Promise.all(files.map((file) => look(file)));
    const findings = found.flat();
    return findings.length > 0 ? findings : [ok(`${files.length} files are closed to other users`)];
  },
};

interface SecretFile {
  /** The key that names it. */
  readonly key: string;
  readonly path: string;
  readonly isSecret: boolean;
}

function filesOf(loaded: LoadedConfiguration): SecretFile[] {
  const { configuration, baseFolder, file } = loaded;
  const { http, tokenServer, redis, compatibility, auth, storage } = configuration;
  const named = (key: string, path: string | undefined): SecretFile[] =>
    path === undefined ? [] : [{ key, path: resolve(baseFolder, path), isSecret: true }];
  return [
    { key: 'the configuration', path: resolve(file), isSecret: secretsIn(loaded.written).length > 0 },
    ...named('http.tls.key', http.tls?.keyFile),
    ...tokenServer.keyFiles.flatMap((path) => named('auth.token.embedded.key', path)),
    ...named('redis.tls.key', redis?.tls?.keyFile),
    ...named('storage.maintenance.scrub.upstream.passwordfile', storage.scrub.upstream?.user?.passwordFile),
    ...named('storage.maintenance.scrub.upstream.tls.key', storage.scrub.upstream?.tls.keyFile),
    ...named('compatibility.schema1.signingkeyfile', compatibility.schema1?.keyFile),
    ...auth.flatMap(({ name, options }) => named(`auth.${name}.path`, textIn(options, 'path'))),
    ...named(`storage.${storage.driver.name}.keyfile`, textIn(storage.driver.options, 'keyfile')),
  ];
}

function textIn(options: unknown, key: string): string | undefined {
  if (typeof options !== 'object' || options === null || !(key in options)) return undefined;
  const value = (options as Readonly<Record<string, unknown>>)[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

async function look({ key, path, isSecret }: SecretFile): Promise<readonly DoctorFinding[]> {
  const found: Stats | undefined = await stat(path).catch(() => undefined);
  // A file that is missing is found by the check of the configuration.
  if (found === undefined || !found.isFile()) return [];
  const named = `${key}: ${path}`;
  if ((found.mode & OTHERS_WRITE) !== 0)
    return [failure(`${named} can be written by every user`, `chmod o-rwx ${path}`)];
  if (isSecret && (found.mode & OTHERS_READ) !== 0) {
    return [warning(`${named} has secrets, and every user can read it`, `chmod o-rwx ${path}`)];
  }
  return [];
}
