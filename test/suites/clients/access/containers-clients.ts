import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { seedOf } from '../client-test.ts';
import { attempt, type Outcome, run } from '../commands.ts';
import type { ContainersHome } from '../containers-home.ts';
import { writeDockerArchive } from '../images/docker-archive.ts';
import { readEntry, writeImageLayout } from '../images/oci-layout.ts';
import { SMALL_LAYERS } from '../images/recipe.ts';
import type { User } from '../registry.ts';
import type { AccessClient, AccessServer, ClientKind } from './access-client.ts';
import { certificatesHome } from './certificates-home.ts';

export const skopeo: ClientKind = {
  name: 'skopeo',
  packages: { skopeo: 'skopeo' },
  hasCertificates: true,
  open: async (t, server) => {
    const { home, verify, account } = await openHome(t, 'skopeo', server);
    const { folder, env } = home;
    const [pushed, pulled] = [join(folder, 'pushed'), join(folder, 'pulled')];
    const { digest } = await writeImageLayout(pushed, { seed: seedOf(t), layers: SMALL_LAYERS });
    const copy = (...args: string[]) => attempt('skopeo', ['copy', ...args], { env });
    return {
      ...account,
      artifact: digest,
      push: (name) => copy(`--dest-${verify}`, `oci:${pushed}:latest`, `docker://${server.host}/${name}`),
      pull: async (name) => {
        await rm(pulled, { recursive: true, force: true });
        return copy(`--src-${verify}`, `docker://${server.host}/${name}`, `oci:${pulled}:latest`);
      },
      pulled: async () => (await readEntry(pulled)).digest,
    };
  },
};

export const podman: ClientKind = {
  name: 'podman',
  packages: { podman: 'podman' },
  hasCertificates: true,
  open: (t, server) => openEngine(t, 'podman', server),
};

export const buildah: ClientKind = {
  name: 'buildah',
  packages: { buildah: 'buildah' },
  hasCertificates: true,
  open: (t, server) => openEngine(t, 'buildah', server),
};

/** Podman or buildah, with an image in a storage of its own. */
async function openEngine(
  t: ExecutionContext,
  command: 'podman' | 'buildah',
  server: AccessServer,
): Promise<AccessClient> {
  const { home, verify, account } = await openHome(t, command, server);
  const { folder, env, storage } = home;
  const own = command === 'podman' ? ['--tmpdir', join(folder, 'tmp'), '--events-backend=none'] : [];
  const args = [...storage, ...own];
  const archive = join(folder, 'image.tar');
  const id = await writeDockerArchive(archive, { seed: seedOf(t), layers: SMALL_LAYERS }, 'localhost/example:latest');
  await run(command, [...args, 'pull', '--quiet', `docker-archive:${archive}`], { env });
  return {
    ...account,
    artifact: id,
    push: (name) =>
      attempt(command, [...args, 'push', `--${verify}`, 'localhost/example:latest', `${server.host}/${name}`], { env }),
    pull: async (name) => {
      await run(command, [...args, 'rmi', '--all', '--force'], { env });
      return attempt(command, [...args, 'pull', `--${verify}`, `${server.host}/${name}`], { env });
    },
    pulled: () => run(command, [...args, 'images', '--quiet', '--no-trunc'], { env }),
  };
}

interface OpenedHome {
  readonly home: ContainersHome;
  /** The option without its dashes. */
  readonly verify: string;
  readonly account: Pick<AccessClient, 'login' | 'logout'>;
}

async function openHome(t: ExecutionContext, command: string, server: AccessServer): Promise<OpenedHome> {
  const home = await certificatesHome(t, server);
  const { env } = home;
  const { host, tls } = server;
  const verify = `tls-verify=${tls !== undefined}`;
  const account = {
    login: ({ name, password }: User): Promise<Outcome> =>
      attempt(command, ['login', `--${verify}`, '-u', name, '--password-stdin', host], { env, input: password }),
    logout: (): Promise<Outcome> => attempt(command, ['logout', host], { env }),
  };
  return { home, verify, account };
}
