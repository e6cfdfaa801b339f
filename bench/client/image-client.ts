import { execFileSync } from 'node:child_process';
import { type Missing, versionText } from '../contenders/contender.ts';
import { STOWAGE } from '../contenders/stowage.ts';

/** A program and its arguments. */
export type Command = readonly [program: string, ...args: string[]];

/** A program that moves images between registries and folders. */
export interface ImageClient {
  readonly name: string;
  readonly version: string;
  /** Pushes the image of an OCI layout that has the tag of the reference. */
  push(folder: string, to: Reference): Command;
  /** Pulls an image into a new OCI layout. */
  pull(from: Reference, folder: string): Command;
  tags(from: Omit<Reference, 'tag'>): Command;
}

/** An image in a registry that speaks plain HTTP. */
export interface Reference {
  /** `<host>:<port>`. */
  readonly host: string;
  readonly repository: string;
  readonly tag: string;
}

/** The client of this build, to which the targets apply. */
export function stowageClient(): ImageClient {
  const stowage: Command = [process.execPath, STOWAGE];
  return {
    name: 'stowage',
    version: execFileSync(process.execPath, [STOWAGE, '--version'], { encoding: 'utf8' }).trim(),
    push: (folder, to) => [...stowage, 'push', '--quiet', `oci:${folder}:${to.tag}`, text(to)],
    pull: (from, folder) => [...stowage, 'pull', '--quiet', text(from), `oci:${folder}:${from.tag}`],
    tags: ({ host, repository }) => [...stowage, 'tags', `${host}/${repository}`],
  };
}

/** skopeo and crane, or how to install them. */
export function otherClients(): (ImageClient | Missing)[] {
  return [skopeo(), crane()];
}

function skopeo(): ImageClient | Missing {
  const version = versionText('skopeo')?.split(' ')[2];
  if (version === undefined) return missing('skopeo', 'apt-get install skopeo');
  const copy: Command = ['skopeo', '--insecure-policy', 'copy', '--quiet'];
  return {
    name: 'skopeo',
    version,
    push: (folder, to) => [...copy, '--dest-tls-verify=false', `oci:${folder}:${to.tag}`, `docker://${text(to)}`],
    pull: (from, folder) => [...copy, '--src-tls-verify=false', `docker://${text(from)}`, `oci:${folder}:${from.tag}`],
    tags: ({ host, repository }) => ['skopeo', 'list-tags', '--tls-verify=false', `docker://${host}/${repository}`],
  };
}

function crane(): ImageClient | Missing {
  const version = versionText('crane', 'version');
  const install = 'go install github.com/google/go-containerregistry/cmd/crane@v0.22.1';
  if (version === undefined) return missing('crane', install);
  return {
    name: 'crane',
    version,
    push: (folder, to) => ['crane', 'push', '--insecure', folder, text(to)],
    pull: (from, folder) => ['crane', 'pull', '--insecure', '--format', 'oci', text(from), folder],
    tags: ({ host, repository }) => ['crane', 'ls', '--insecure', `${host}/${repository}`],
  };
}

function missing(name: string, install: string): Missing {
  return { name, reason: `no program \`${name}\` on the PATH; ${install}` };
}

function text({ host, repository, tag }: Reference): string {
  return `${host}/${repository}:${tag}`;
}
