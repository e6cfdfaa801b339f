import { join } from 'node:path';
import { configurationFile, diskStorage } from './configuration.ts';
import { type Contender, type Missing, spawnQuietly, startLocal, versionText } from './contender.ts';

export const DISTRIBUTION = 'distribution';
export const DOCKER_REGISTRY = 'docker-registry';

const INSTALL = 'go install github.com/distribution/distribution/v3/cmd/registry@v3.1.2';

/** distribution 3, whose program is called `registry`. */
export function startDistribution(folder: string): Promise<Contender> | Missing {
  return startBuild(folder, {
    name: DISTRIBUTION,
    program: 'registry',
    version: /\/distribution\/v3 v(\d+\.\d+\.\d+)/,
    install: INSTALL,
  });
}

/** distribution 2, as Debian packages it. */
export function startDockerRegistry(folder: string): Promise<Contender> | Missing {
  return startBuild(folder, {
    name: DOCKER_REGISTRY,
    program: 'docker-registry',
    version: / v?(2\.\S+)$/,
    install: 'apt-get install docker-registry',
  });
}

interface Build {
  readonly name: string;
  readonly program: string;
  /** Matches the version in the output of the program. */
  readonly version: RegExp;
  readonly install: string;
}

function startBuild(folder: string, { name, program, version, install }: Build): Promise<Contender> | Missing {
  const text = versionText(program);
  if (text === undefined) return { name, reason: `no program \`${program}\` on the PATH; ${install}` };
  const found = version.exec(text)?.[1];
  if (found === undefined) return { name, reason: `\`${program}\` on the PATH is another program: ${text}` };
  const root = join(folder, name);
  return startLocal({
    name,
    version: found,
    root,
    launch: (address) => {
      const file = configurationFile(folder, name, { address, storage: diskStorage(root) });
      // Otherwise version 3 sends a trace of each request to a collector that does not exist; its image sets the same.
      const env = { ...process.env, OTEL_TRACES_EXPORTER: 'none' };
      return spawnQuietly(program, ['serve', file], { env, stdio: 'ignore' });
    },
  });
}
