import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { blobPath } from '../items/item.ts';
import { type Contender, type Missing, spawnQuietly, startLocal, versionText } from './contender.ts';

const NAME = 'nginx';
/** The items that nginx can serve as plain files. */
const ITEMS = /^blob-/;
/** The folders for request bodies, which nginx must be able to write. */
const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

/**
 * nginx with the blobs as plain files: the upper limit of the machine. It has its own folder and port and runs as the
 * user of the benchmark, so it does not affect an nginx of the system.
 */
export async function startNginx(folder: string): Promise<Contender | Missing> {
  const version = versionText(NAME, '-v')?.split('/')[1];
  if (version === undefined) return { name: NAME, reason: `no program \`${NAME}\` on the PATH; apt-get install nginx` };
  const root = join(folder, NAME);
  mkdirSync(root);
  const contender = await startLocal({
    name: NAME,
    version,
    root,
    launch: (address) => {
      const file = join(root, `${address}.conf`);
      writeFileSync(file, configuration(root, address));
      return spawnQuietly(NAME, ['-p', root, '-e', 'stderr', '-c', file]);
    },
  });
  return {
    ...contender,
    fill: async ({ small, large }) => {
      for (const blob of [small, large]) {
        const file = join(root, blobPath(blob));
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, blob.bytes.read());
      }
    },
    takesPart: (item) => ITEMS.test(item),
  };
}

function configuration(root: string, address: string): string {
  return `daemon off;
${process.getuid?.() === 0 ? 'user root;\n' : ''}worker_processes auto;
pid ${root}/${address}.pid;
error_log stderr error;
events {}
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  default_type application/octet-stream;
  keepalive_requests 1000000000;
${TEMPORARY.map((name) => `  ${name}_temp_path ${root}/${name};\n`).join('')}  server {
    listen ${address};
    root ${root};
    location = /v2/ { return 200; }
  }
}
`;
}
