import { readFileSync } from 'node:fs';
import { hash } from '@node-rs/bcrypt';
import type { ExecutionContext } from 'ava';
import { parse } from 'yaml';
import { Reader } from './reader.ts';

/** Who may do everything in the registry of the pages. */
const ADMINISTRATOR = 'ann';
/** What a reader types where a command asks for a password. */
const PASSWORD = 'correct horse';

/** The configuration that pages call `config.yml`, and the others that they name, with the folders of their storages. */
const CONFIGURATIONS: Readonly<Record<string, string>> = {
  'config.yml': '/var/lib/stowage',
  '/etc/stowage/config.yml': '/var/lib/stowage',
  '/etc/stowage/backup.yml': '/var/lib/backup-storage',
  '/etc/stowage/restored.yml': '/var/lib/restored-storage',
  'old.yml': '/var/lib/stowage',
  'new.yml': '/var/lib/moved',
};

/** The tags of `team/app` that pages name. */
const TAGS = ['v1', '1.4', 'v1.0.3', 'latest'];

/** The registry that a page about operations takes for granted: it serves, and its administrator has logged in. */
export interface OperatedRegistry {
  readonly reader: Reader;
  /** Of the image of the repository `team/app`. */
  readonly digest: string;
}

/** Serves a registry with log-in, an admin API, rules of retention, a trash, a history of tags, and an image with tags. */
export async function operatedRegistry(t: ExecutionContext): Promise<OperatedRegistry> {
  const reader = await Reader.open(t);
  await reader.install();
  await reader.sh(`printf '%s' '${ADMINISTRATOR}:${await hash(PASSWORD, 4)}' > users; mkdir -p /etc/stowage`);
  for (const [path, rootdirectory] of Object.entries(CONFIGURATIONS)) {
    const configuration = JSON.stringify({
      version: 0.1,
      storage: {
        filesystem: { rootdirectory },
        delete: { enabled: true, keep: '72h' },
        maintenance: { gc: { grace: '20s' }, taghistory: { keep: '720h' } },
      },
      auth: { htpasswd: { realm: 'test', path: path.startsWith('/') ? '../../users' : 'users' } },
      authorization: { rules: [{ repositories: ['**'], users: [ADMINISTRATOR], allow: ['*', 'admin'] }] },
      retention: { rules: rulesOfThePage() },
      http: { addr: '127.0.0.1:5000', secret: 'known to every test' },
      log: { level: 'info' },
    });
    await reader.sh(`mkdir -p ${rootdirectory}; printf '%s' '${configuration}' > ${path}`);
  }
  await reader.sh(`printf '%s' '${linesOfThePage()}' > tags.txt; printf '%s' '${PASSWORD}' > password`);
  await reader.serve('stowage serve /etc/stowage/config.yml');
  await reader.sh(`stowage login 127.0.0.1:5000 --username ${ADMINISTRATOR} --password-stdin`);
  for (const tag of TAGS) await reader.sh(pushOf(tag));
  return { reader, digest: await reader.sh('stowage digest 127.0.0.1:5000/team/app:v1') };
}

/** A command of a page with what it names in this registry. */
export function inRegistry(line: string, { digest }: OperatedRegistry): string {
  return (
    line
      .replaceAll('https://registry.example.com', 'http://127.0.0.1:5000')
      .replaceAll('registry.example.com', '127.0.0.1:5000')
      .replace(/^curl (?:-u ann )?/, `curl -sS --fail-with-body -u '${ADMINISTRATOR}:${PASSWORD}' `)
      .replace(/^docker pull (.*)$/, 'skopeo inspect --tls-verify=false "docker://$1"')
      .replaceAll(TIME_OF_THE_PAGE, '$(date -u +%Y-%m-%dT%H:%M:%SZ)')
      .replaceAll(/sha256:[0-9a-f]{64}/g, digest)
      // A page renames the same repository in two ways.
      .replaceAll('&to=apps/web', '&to=apps/shop')
      .replaceAll(UPLOAD_OF_THE_PAGE, '$(ls /var/lib/stowage/docker/registry/v2/repositories/team/app/_uploads)')
  );
}

/** Pages name a time at which a tag was something else. */
const TIME_OF_THE_PAGE = '2026-11-01T00:00Z';
const UPLOAD_OF_THE_PAGE = '6b4b6a1e-0d3c-4f5e-9a68-0a0b1c2d3e4f';

const CURL = `curl -sS --fail-with-body -o answer -D headers -u '${ADMINISTRATOR}:${PASSWORD}'`;
const LOCATION = `$(sed -n 's/^location: //Ip' headers | tr -d '\\r')`;

/** What has happened before a command that a page shows, and the commands that make it happen. */
const BEFORE: readonly (readonly [RegExp, string])[] = [
  [/^stowage jobs (?:watch|cancel) gc config\.yml$/, begunRun('config.yml')],
  [
    /^(?:stowage jobs (?:watch|cancel) gc --registry|curl .*-X DELETE .*\/jobs\/gc\/run$)/,
    begunRun('--registry 127.0.0.1:5000'),
  ],
  [/^(?:stowage undelete team\/app:1\.4 |curl .*\/trash\/restore\?)/, 'stowage rm 127.0.0.1:5000/team/app:1.4'],
  [/^stowage undelete team\/app config\.yml$/, 'stowage repository delete team/app config.yml'],
  [
    /^(?:stowage repository (?:delete|rename)|curl .*(?:-X DELETE .*\/admin\/repository\?|\/repository\/changes\?))/,
    pushedAgain(),
  ],
  [/^stowage uploads cancel /, begunUpload('bytes').join('\n')],
];

/** The commands that are run before another one, which a page takes for granted; empty if there are none. */
export function before(line: string): readonly string[] {
  return BEFORE.flatMap(([pattern, command]) => (pattern.test(line) ? [command] : []));
}

/** A collection that has something to remove, so that it waits for the grace. */
function begunRun(target: string): string {
  const isRunning = `stowage jobs --json ${target} | grep -q '"state":"running"'`;
  return [
    'head -c 100 /dev/urandom > garbage; digest=$(sha256sum garbage | cut -d " " -f 1)',
    ...begunUpload('@garbage'),
    `${CURL} -X PUT "${LOCATION}&digest=sha256:$digest"`,
    "find /var/lib/stowage/docker -type f -exec touch -d '2 hours ago' {} +",
    `stowage run gc ${target} > run.log 2>&1 &`,
    `for i in $(seq 50); do ${isRunning} && exit 0; done; cat run.log >&2; exit 1`,
  ].join('\n');
}

/** Until a delete or a rename has ended, the registry refuses pushes. */
function pushedAgain(): string {
  return `for i in $(seq 2000); do ${pushOf('v1')} 2> push.log && exit 0; done; cat push.log >&2; exit 1`;
}

/** @param bytes as curl takes them */
function begunUpload(bytes: string): readonly string[] {
  return [
    `${CURL} -X POST http://127.0.0.1:5000/v2/team/app/blobs/uploads/`,
    `${CURL} -X PATCH -H 'Content-Type: application/octet-stream' --data-binary ${bytes} "${LOCATION}"`,
  ];
}

function pushOf(tag: string): string {
  return `skopeo copy -q --dest-tls-verify=false oci:alpine:latest docker://127.0.0.1:5000/team/app:${tag}`;
}

function blocksOf(language: string): readonly string[] {
  const page = readFileSync('docs/operations/retention.md', 'utf8');
  return Array.from(page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms')), ([, text = '']) => text);
}

function rulesOfThePage(): unknown {
  const [text = ''] = blocksOf('yaml');
  return (parse(text) as { readonly retention: { readonly rules: unknown } }).retention.rules;
}

function linesOfThePage(): string {
  return blocksOf('text')[0] ?? '';
}
