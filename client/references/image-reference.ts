import { type Digest, isDigest } from '../../core/digest/digest.ts';
import { isRepositoryName, isTag, type RepositoryName, type Tag } from '../../core/model/reference.ts';
import { InvalidReferenceError } from './invalid-reference-error.ts';
import { type RepositoryReference, splitHost } from './repository-reference.ts';

/** Which manifest is meant; with both, the digest decides, and the tag is what it is called. */
interface Selected {
  readonly tag?: Tag | undefined;
  readonly digest?: Digest | undefined;
}

/** An image in a registry; with neither tag nor digest, `latest` is meant. */
export interface RegistryImage extends RepositoryReference, Selected {
  readonly kind: 'registry';
}

/** An image in the storage of a Stowage on this machine, which need not run. */
export interface StoreImage extends Selected {
  readonly kind: 'store';
  /** The path of its configuration. */
  readonly configuration: string;
  readonly repository: RepositoryName;
}

/** An image in a folder or an archive. */
export interface FileImage {
  readonly kind: 'oci' | 'oci-archive' | 'docker-archive';
  readonly path: string;
  /** What the image is called there: in OCI any text, in an archive of docker a name with a tag. Absent: the only one. */
  readonly name?: string | undefined;
  readonly digest?: Digest | undefined;
}

/** Where an image is, or is to go. */
export type ImageReference = RegistryImage | StoreImage | FileImage;

const FILES = /^(oci|oci-archive|docker-archive):(?!\/\/)(.*)$/s;
/** Transports of skopeo that need a daemon or another store. */
const FOREIGN = /^(?:docker-daemon|containers-storage|dir|ostree|sif|tarball|atomic|https?):/;

/**
 * Reads where an image is, as docker, skopeo, crane and regctl write it:
 * `name`, `registry/name:tag@digest`, `docker://registry/name:tag`, `oci:folder:tag`, `ocidir://folder:tag`,
 * `oci-archive:file:tag`, `docker-archive:file:name:tag`, `store:config.yml//name:tag`.
 * @throws InvalidReferenceError that says what is wrong, and what to write
 */
export function parseImageReference(text: string): ImageReference {
  const [, kind, rest = ''] = FILES.exec(text) ?? [];
  if (kind !== undefined) return parseFile(kind as FileImage['kind'], rest, text);
  if (text.startsWith('ocidir://')) return parseFile('oci', text.slice('ocidir://'.length), text);
  if (text.startsWith('store:')) return parseStore(text.slice('store:'.length), text);
  const [foreign] = FOREIGN.exec(text) ?? [];
  if (foreign !== undefined) throw new InvalidReferenceError(text, foreignHint(foreign));
  return parseRegistry(text);
}

/** Writes a reference as {@link parseImageReference} reads it. */
export function formatImageReference(reference: ImageReference): string {
  const digest = reference.digest === undefined ? '' : `@${reference.digest}`;
  if (reference.kind === 'registry' || reference.kind === 'store') {
    const { repository, tag } = reference;
    const start =
      reference.kind === 'registry'
        ? `${reference.host}/${repository}`
        : `store:${reference.configuration}//${repository}`;
    return `${start}${tag === undefined ? '' : `:${tag}`}${digest}`;
  }
  const { kind, path, name } = reference;
  return `${kind}:${path}${name === undefined ? '' : `:${name}`}${digest}`;
}

/** Docker takes `localhost:5000` for the tag 5000 of an image of Docker Hub, which nobody means. */
const HOST_ALONE = /^(?:localhost|\d{1,3}(?:\.\d{1,3}){3}):\d+$/i;

function parseRegistry(text: string): RegistryImage {
  if (HOST_ALONE.test(text)) throw new InvalidReferenceError(text, `the repository is missing: ${text}/<name>`);
  const { host, path } = splitHost(text.replace(/^docker:\/\//, ''), text);
  return { kind: 'registry', host, ...parseNamed(path, text, host === 'docker.io') };
}

function parseStore(rest: string, text: string): StoreImage {
  const at = rest.indexOf('//');
  const configuration = rest.slice(0, at);
  if (at < 1) throw new InvalidReferenceError(text, 'write store:<config.yml>//<name>:<tag>');
  return { kind: 'store', configuration, ...parseNamed(rest.slice(at + '//'.length), text, false) };
}

function parseFile(kind: FileImage['kind'], rest: string, text: string): FileImage {
  const { path: named, digest } = splitDigest(rest, text);
  // As in skopeo, the first colon ends the path, because the name can be that of a registry with a port.
  const colon = named.indexOf(':');
  const path = colon < 0 ? named : named.slice(0, colon);
  const name = colon < 0 ? undefined : named.slice(colon + 1);
  if (path === '') throw new InvalidReferenceError(text, `the path is empty; write ${kind}:<path>:<tag>`);
  if (name === '')
    throw new InvalidReferenceError(text, 'the name after the path is empty; leave its colon out as well');
  return { kind, path, name, digest };
}

function parseNamed(rest: string, text: string, isHub: boolean): { readonly repository: RepositoryName } & Selected {
  const { path, digest } = splitDigest(rest, text);
  const colon = path.indexOf(':');
  const name = colon < 0 ? path : path.slice(0, colon);
  const tag = colon < 0 ? undefined : path.slice(colon + 1);
  const repository = isHub && !name.includes('/') ? `library/${name}` : name;
  if (!isRepositoryName(repository)) throw new InvalidReferenceError(text, nameHint(name));
  if (tag !== undefined && !isTag(tag)) {
    throw new InvalidReferenceError(text, `${JSON.stringify(tag)} is not a tag: 1 to 128 of A-Z a-z 0-9 _ . -`);
  }
  return { repository, tag, digest };
}

function splitDigest(text: string, whole: string): { readonly path: string; readonly digest: Digest | undefined } {
  const at = text.lastIndexOf('@');
  if (at < 0) return { path: text, digest: undefined };
  const digest = text.slice(at + 1);
  if (isDigest(digest)) return { path: text.slice(0, at), digest };
  // A folder may have the sign in its name.
  if (/^(?:oci|oci-archive|docker-archive|ocidir):/.test(whole) && !/^[a-z0-9]+:/.test(digest))
    return { path: text, digest: undefined };
  throw new InvalidReferenceError(whole, `${JSON.stringify(digest)} is not a digest such as sha256: and 64 hex digits`);
}

function nameHint(name: string): string {
  if (name === '') return 'the name of the repository is empty';
  if (name !== name.toLowerCase()) return `the name of a repository has no capitals: ${name.toLowerCase()}`;
  return `${JSON.stringify(name)} is not the name of a repository`;
}

function foreignHint(foreign: string): string {
  if (foreign.startsWith('http')) return 'write it without the scheme; --plain-http asks for HTTP';
  if (foreign === 'docker-daemon:')
    return 'a daemon cannot be read; write docker save <image> -o <file>, then docker-archive:<file>';
  return `${foreign} cannot be read; write oci:<folder>, oci-archive:<file>, docker-archive:<file> or <registry>/<name>`;
}
