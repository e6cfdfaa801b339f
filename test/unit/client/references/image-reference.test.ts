import test from 'ava';
import { formatImageReference, parseImageReference } from '../../../../client/references/image-reference.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

const READ: ReadonlyArray<readonly [text: string, reference: object, written?: string]> = [
  ['alpine', { host: 'docker.io', repository: 'library/alpine', tag: undefined }, 'docker.io/library/alpine'],
  ['alpine:3', { host: 'docker.io', repository: 'library/alpine', tag: '3' }, 'docker.io/library/alpine:3'],
  ['bitnami/redis', { host: 'docker.io', repository: 'bitnami/redis' }, 'docker.io/bitnami/redis'],
  ['docker.io/alpine', { host: 'docker.io', repository: 'library/alpine' }, 'docker.io/library/alpine'],
  ['index.docker.io/a/b', { host: 'docker.io', repository: 'a/b' }, 'docker.io/a/b'],
  ['localhost/app', { host: 'localhost', repository: 'app' }],
  ['localhost:5000/app:1', { host: 'localhost:5000', repository: 'app', tag: '1' }],
  ['[::1]:5000/app', { host: '[::1]:5000', repository: 'app' }],
  ['Registry/app', { host: 'Registry', repository: 'app' }],
  ['Quay.IO:443/app', { host: 'quay.io:443', repository: 'app' }, 'quay.io:443/app'],
  ['quay.io/a/b/c:v1.2', { host: 'quay.io', repository: 'a/b/c', tag: 'v1.2' }],
  [`quay.io/a@${DIGEST}`, { host: 'quay.io', repository: 'a', tag: undefined, digest: DIGEST }],
  [`quay.io/a:1@${DIGEST}`, { host: 'quay.io', repository: 'a', tag: '1', digest: DIGEST }],
  ['docker://quay.io/a:1', { kind: 'registry', host: 'quay.io', repository: 'a', tag: '1' }, 'quay.io/a:1'],
  ['oci:images/app', { kind: 'oci', path: 'images/app', name: undefined }],
  ['oci:/srv/images:v1', { kind: 'oci', path: '/srv/images', name: 'v1' }],
  ['oci:images:quay.io:443/a:1', { kind: 'oci', path: 'images', name: 'quay.io:443/a:1' }],
  [`oci:images@${DIGEST}`, { kind: 'oci', path: 'images', digest: DIGEST }],
  ['oci:user@host/images:1', { kind: 'oci', path: 'user@host/images', name: '1' }],
  ['ocidir://images:v1', { kind: 'oci', path: 'images', name: 'v1' }, 'oci:images:v1'],
  ['oci-archive:app.tar', { kind: 'oci-archive', path: 'app.tar', name: undefined }],
  ['oci-archive:app.tar:v1', { kind: 'oci-archive', path: 'app.tar', name: 'v1' }],
  ['docker-archive:app.tar:app:1', { kind: 'docker-archive', path: 'app.tar', name: 'app:1' }],
  ['store:config.yml//team/app:1', { kind: 'store', configuration: 'config.yml', repository: 'team/app', tag: '1' }],
  ['store:/etc/s.yml//a', { kind: 'store', configuration: '/etc/s.yml', repository: 'a' }],
];

for (const [text, reference, written = text] of READ) {
  test(`${text} is read`, (t) => {
    const read = parseImageReference(text);
    t.like(read, reference);
    t.is(formatImageReference(read), written);
    t.deepEqual(parseImageReference(written), read);
  });
}

const REFUSED: ReadonlyArray<readonly [text: string, message: RegExp]> = [
  ['', /the name of the repository is empty$/],
  ['quay.io/', /the name of the repository is empty$/],
  ['quay.io/App', /has no capital letters: app$/],
  ['quay.io/a:', /"" is not a tag/],
  ['quay.io/a:b:c', /"b:c" is not a tag/],
  ['quay.io/../a', /"..\/a" is not the name of a repository/],
  ['quay.io/a@sha256:12', /"sha256:12" is not a digest/],
  ['oci:images@sha256:12', /"sha256:12" is not a digest/],
  ['quay.io:99999/a', /is not the host of a registry; write host or host:port/],
  ['https://quay.io/a', /without the scheme; --plain-http selects HTTP/],
  ['docker-daemon:app:1', /docker save <image> -o <file>, then docker-archive:<file>/],
  ['dir:images', /dir: cannot be read/],
  ['oci:', /the path is empty; write oci:<path>:<tag>/],
  ['oci:images:', /the name after the path is empty/],
  ['store:config.yml', /write store:<config.yml>\/\/<name>:<tag>/],
  ['store://a', /write store:<config.yml>/],
];

for (const [text, message] of REFUSED) {
  test(`${JSON.stringify(text)} is refused with what to write`, (t) => {
    t.throws(() => parseImageReference(text), { name: 'InvalidReferenceError', message });
  });
}
