import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { seedOf } from '../client-test.ts';
import { attempt, type CommandOptions } from '../commands.ts';
import { readEntry, writeImageLayout } from '../images/oci-layout.ts';
import { SMALL_LAYERS } from '../images/recipe.ts';
import type { ClientKind } from './access-client.ts';
import { certificatesHome } from './certificates-home.ts';

const CLI = join(import.meta.dirname, '../../../../bundle/bin.js');

export const stowage: ClientKind = {
  name: 'stowage',
  hasCertificates: true,
  open: async (t, server) => {
    const { folder, env } = await certificatesHome(t, server);
    const [pushed, pulled] = [join(folder, 'pushed'), join(folder, 'pulled')];
    const { digest } = await writeImageLayout(pushed, { seed: seedOf(t), layers: SMALL_LAYERS });
    const run = (args: readonly string[], options: CommandOptions = {}) =>
      attempt(process.execPath, [CLI, ...args], { env: { ...env, XDG_CONFIG_HOME: undefined }, ...options });
    const { host } = server;
    return {
      artifact: digest,
      login: ({ name, password }) => run(['login', host, '-u', name, '--password-stdin'], { input: password }),
      logout: () => run(['logout', host]),
      push: (name) => run(['push', `oci:${pushed}:latest`, `${host}/${name}`]),
      pull: async (name) => {
        await rm(pulled, { recursive: true, force: true });
        return run(['pull', `${host}/${name}`, `oci:${pulled}:latest`]);
      },
      pulled: async () => (await readEntry(pulled)).digest,
    };
  },
};
