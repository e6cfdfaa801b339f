import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { seedOf } from '../client-test.ts';
import { startDockerEngine } from '../docker-engine.ts';
import { writeDockerArchive } from '../images/docker-archive.ts';
import { SMALL_LAYERS } from '../images/recipe.ts';
import type { ClientKind } from './access-client.ts';
import { putCertificates } from './certificates-home.ts';

/** Where the engine looks for certificates; it cannot be told another place. */
const CERTIFICATES = '/etc/docker/certs.d';

export const docker: ClientKind = {
  name: 'docker',
  packages: { dockerd: 'docker.io', docker: 'docker.io' },
  hasCertificates: true,
  open: async (t, { host, tls }) => {
    if (tls !== undefined) {
      const folder = join(CERTIFICATES, host);
      // The port is that of this test, so the folder is, too.
      t.teardown(() => rm(folder, { recursive: true, force: true }));
      await putCertificates(folder, tls);
    }
    const engine = await startDockerEngine(t);
    const archive = join(engine.folder, 'image.tar');
    const id = await writeDockerArchive(archive, { seed: seedOf(t), layers: SMALL_LAYERS }, 'example:latest');
    await engine.run('load', '--input', archive);
    return {
      artifact: id,
      login: ({ name, password }) => engine.login(host, name, password),
      logout: () => engine.attempt('logout', host),
      push: async (name) => {
        await engine.run('tag', 'example:latest', `${host}/${name}`);
        return engine.attempt('push', `${host}/${name}`);
      },
      pull: async (name) => {
        const images = (await engine.run('images', '--quiet', '--all', '--no-trunc')).split('\n').filter(Boolean);
        if (images.length > 0) await engine.run('rmi', '--force', ...new Set(images));
        return engine.attempt('pull', `${host}/${name}`);
      },
      pulled: () => engine.run('images', '--quiet', '--no-trunc'),
    };
  },
};
