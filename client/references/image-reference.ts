import { type Digest, isDigest } from '../../core/digest/digest.ts';
import { isRepositoryName, isTag, type RepositoryName, type Tag } from '../../core/model/reference.ts';
import { InvalidReferenceError } from './invalid-reference-error.ts';
import { type RepositoryReference, splitHost } from './repository-reference.ts';

/** The selected manifest; with both, the digest decides and the tag is only a name. */
interface Selected {
  readonly tag?: Tag | undefined;
  readonly digest?: Digest | undefined;
}

/** An image in a registry; the tag defaults to `latest` if there is no digest. */
export interface RegistryImage extends RepositoryReference, Selected {
  readonly kind: 'registry';
}

/** An image in the storage of a Stowage on this machine, which need not be running. */
export interface StoreImage extends Selected {
  readonly kind: 'store';
  /** The path of its configuration file. */
  readonly configuration: string;
  readonly repository: RepositoryName;
}

/** An image in a folder or an archive. */
export interface FileImage {
  readonly kind: 'oci' | 'oci-archive' | 'docker-archive';
  readonly path: string;
  /** The name of the image in it: any text for OCI, a name with a tag for a Docker archive. Default: the only image. */
  readonly name?: string | undefined;
  readonly digest?: Digest | undefined;
}

/** The location of an image, as a source or a target. */
export type ImageReference = RegistryImage | StoreImage | FileImage;

const FILES = /^(oci|oci-archive|docker-archive):(?!\/\/)(.*)$/s;
/** Transports of skopeo that need a daemon or another kind of storage. */
const FOREIGN = /^(?:docker-daemon|containers-storage|dir|ostree|sif|tarball|atomic|https?):/;

/**
 * Parses the location of an image, in the syntax of Docker, skopeo, crane and regctl:
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

/** Formats a reference so that {@link parseImageReference} can parse it. */
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

/** Docker parses `localhost:5000` as the tag 5000 of an image on Docker Hub, which nobody means. */
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
  // As in skopeo, the first colon ends the path, because the name can contain a registry with a port.
  const colon = named.indexOf(':');
  const path = colon < 0 ? named : named.slice(0, colon);
  const name = colon < 0 ? undefined : named.slice(colon + 1);
  if (path === '') throw new InvalidReferenceError(text, `the path is empty; write ${kind}:<path>:<tag>`);
  if (name === '') throw new InvalidReferenceError(text, 'the name after the path is empty; remove the colon as well');
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
  // The name of a folder may contain the sign.
  if (/^(?:oci|oci-archive|docker-archive|ocidir):/.test(whole) && !/^[a-z0-9]+:/.test(digest))
    return { path: text, digest: undefined };
  throw new InvalidReferenceError(whole, `${JSON.stringify(digest)} is not a digest such as sha256: and 64 hex digits`);
}

function nameHint(name: string): string {
  if (name === '') return 'the name of the repository is empty';
  if (name !== name.toLowerCase()) return `a repository name has no capital letters: ${name.toLowerCase()}`;
  return `${JSON.stringify(name)} is not the name of a repository`;
}

function foreignHint(foreign: string): string {
  if (foreign.startsWith('http')) return 'write it without the scheme; --plain-http selects HTTP';
  if (foreign === 'docker-daemon:')
    return 'a daemon cannot be read; write docker save <image> -o <file>, then docker-archive:<file>';
  return `${foreign} cannot be read; write oci:<folder>, oci-archive:<file>, docker-archive:<file> or <registry>/<name>`;
}
