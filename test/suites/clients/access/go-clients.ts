import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { ExecutionContext } from 'ava';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { findCommand } from '../../../helpers/running/tests-that-need.ts';
import { seedOf } from '../client-test.ts';
import { attempt, type CommandOptions, type Outcome } from '../commands.ts';
import { readEntry, writeImageLayout } from '../images/oci-layout.ts';
import { SMALL_LAYERS } from '../images/recipe.ts';
import { tar, textFile } from '../images/tar.ts';
import type { ClientKind, ServerTls } from './access-client.ts';

/** The file of a program, on the PATH or where `go install` puts it; `undefined` if it is in neither. */
export function findGoProgram(name: string): string | undefined {
  return findCommand(name, [...(process.env['PATH'] ?? '').split(delimiter), join(homedir(), 'go', 'bin')]);
}

export const crane: ClientKind = {
  name: 'crane',
  goModule: 'github.com/google/go-containerregistry/cmd/crane@v0.22.1',
  hasCertificates: false,
  open: async (t, { host, tls }) => {
    const { folder, go } = await openGo(t, 'crane', tls && { SSL_CERT_FILE: tls.authorityFile });
    const [pushed, pulled] = [join(folder, 'pushed'), join(folder, 'pulled')];
    const { digest } = await writeImageLayout(pushed, { seed: seedOf(t), layers: SMALL_LAYERS });
    return {
      artifact: digest,
      // It stores the password without trying it.
      login: ({ name, password }) => go(['auth', 'login', host, '-u', name, '--password-stdin'], { input: password }),
      logout: () => go(['auth', 'logout', host]),
      push: (name) => go(['push', pushed, `${host}/${name}`]),
      pull: async (name) => {
        await rm(pulled, { recursive: true, force: true });
        return go(['pull', '--format=oci', `${host}/${name}`, pulled]);
      },
      pulled: async () => (await readEntry(pulled)).digest,
    };
  },
};

export const regctl: ClientKind = {
  name: 'regctl',
  goModule: 'github.com/regclient/regclient/cmd/regctl@v0.11.7',
  hasCertificates: true,
  open: async (t, { host, tls }) => {
    const { folder, go } = await openGo(t, 'regctl');
    const [pushed, pulled] = [join(folder, 'pushed'), join(folder, 'pulled')];
    const { digest } = await writeImageLayout(pushed, { seed: seedOf(t), layers: SMALL_LAYERS });
    await go(['registry', 'set', host, '--skip-check', ...(await regctlTls(tls))]);
    return {
      artifact: digest,
      login: ({ name, password }) => go(['registry', 'login', host, '-u', name, '--pass-stdin'], { input: password }),
      logout: () => go(['registry', 'logout', host]),
      push: (name) => go(['image', 'copy', `ocidir://${pushed}:latest`, `${host}/${name}`]),
      pull: async (name) => {
        await rm(pulled, { recursive: true, force: true });
        return go(['image', 'copy', `${host}/${name}`, `ocidir://${pulled}:latest`]);
      },
      pulled: async () => (await readEntry(pulled)).digest,
    };
  },
};

export const oras: ClientKind = {
  name: 'oras',
  goModule: 'oras.land/oras/cmd/oras@v1.3.6',
  hasCertificates: true,
  open: async (t, { host, tls }) => {
    const { folder, go } = await openGo(t, 'oras');
    const text = `a file of ${seedOf(t)}\n`;
    await writeFile(join(folder, 'file.txt'), text);
    const certificates = tlsFlags(tls);
    return {
      artifact: sha256(text),
      login: ({ name, password }) =>
        go(['login', ...certificates, host, '-u', name, '--password-stdin'], { input: password }),
      logout: () => go(['logout', host]),
      push: (name) => go(['push', ...certificates, `${host}/${name}`, 'file.txt']),
      pull: async (name) => {
        await rm(join(folder, 'pulled'), { recursive: true, force: true });
        return go(['pull', ...certificates, `${host}/${name}`, '--output', 'pulled']);
      },
      pulled: async () => sha256(await readFile(join(folder, 'pulled/file.txt'))),
    };
  },
};

export const helm: ClientKind = {
  name: 'helm',
  goModule: 'helm.sh/helm/v3/cmd/helm@v3.22.0',
  hasCertificates: true,
  open: async (t, { host, tls }) => {
    const { folder, go } = await openGo(t, 'helm');
    // The repository and the tag of a chart come from its name and version.
    const chart = textFile('app/Chart.yaml', `apiVersion: v2\nname: app\nversion: 1.0.0\ndescription: ${seedOf(t)}\n`);
    await pipeline(tar([chart]), createGzip(), createWriteStream(join(folder, 'app-1.0.0.tgz')));
    const certificates = tlsFlags(tls);
    const repository = (name: string): string => `oci://${host}/${name.replace(':1.0.0', '')}`;
    return {
      artifact: sha256(await readFile(join(folder, 'app-1.0.0.tgz'))),
      login: ({ name, password }) =>
        go(['registry', 'login', host, ...certificates, '-u', name, '--password-stdin'], { input: password }),
      logout: () => go(['registry', 'logout', host]),
      push: (name) => go(['push', 'app-1.0.0.tgz', repository(name).replace(/\/app$/, ''), ...certificates]),
      pull: async (name) => {
        await rm(join(folder, 'pulled'), { recursive: true, force: true });
        await mkdir(join(folder, 'pulled'));
        return go(['pull', repository(name), '--version', '1.0.0', '--destination', 'pulled', ...certificates]);
      },
      pulled: async () => sha256(await readFile(join(folder, 'pulled/app-1.0.0.tgz'))),
    };
  },
};

/** A home of its own, in which a program runs. */
async function openGo(t: ExecutionContext, name: string, variables: Readonly<Record<string, string>> = {}) {
  const folder = await tempRoot(t);
  const env = { HOME: folder, DOCKER_CONFIG: folder, XDG_RUNTIME_DIR: folder, ...variables };
  const go = (args: readonly string[], options: CommandOptions = {}): Promise<Outcome> =>
    attempt(findGoProgram(name) ?? name, args, { env, cwd: folder, ...options });
  return { folder, go };
}

/** The options that oras and helm share. */
function tlsFlags(tls: ServerTls | undefined): string[] {
  if (tls === undefined) return ['--plain-http'];
  const { authorityFile, client } = tls;
  return [
    ...['--ca-file', authorityFile],
    ...(client === undefined ? [] : ['--cert-file', client.certFile, '--key-file', client.keyFile]),
  ];
}

/** It takes the content of the files. */
async function regctlTls(tls: ServerTls | undefined): Promise<string[]> {
  if (tls === undefined) return ['--tls', 'disabled'];
  const { authorityFile, client } = tls;
  const pem = (file: string): Promise<string> => readFile(file, 'utf8');
  return [
    ...['--cacert', await pem(authorityFile)],
    ...(client === undefined
      ? []
      : ['--client-cert', await pem(client.certFile), '--client-key', await pem(client.keyFile)]),
  ];
}

function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}
