import test from 'ava';
import {
  parseHost,
  parseRegistryReference,
  parseRepositoryReference,
} from '../../../../client/references/repository-reference.ts';

test('a repository is read with the rules of docker', (t) => {
  t.deepEqual(parseRepositoryReference('alpine'), { host: 'docker.io', repository: 'library/alpine' } as never);
  t.like(parseRepositoryReference('localhost:5000/a/b'), { host: 'localhost:5000', repository: 'a/b' } as never);
});

test('a repository with a tag or a digest is refused', (t) => {
  for (const text of ['quay.io/a:1', `quay.io/a@sha256:${'a'.repeat(64)}`])
    t.throws(() => parseRepositoryReference(text), { message: /neither a tag nor a digest/ });
});

test('a registry is read with or without a part of the names', (t) => {
  t.deepEqual(parseRegistryReference('localhost:5000'), { host: 'localhost:5000', prefix: '' });
  t.deepEqual(parseRegistryReference('quay.io/team/'), { host: 'quay.io', prefix: 'team' });
  t.throws(() => parseRegistryReference('quay.io/Team'), { message: /is not a prefix of repository names/ });
  t.throws(() => parseRegistryReference('https://quay.io/team'), { message: /write it without the scheme/ });
});

test('the host of a registry may be a short name, and Docker Hub has one name', (t) => {
  t.is(parseHost('registry'), 'registry');
  t.is(parseHost('Registry-1.Docker.io'), 'docker.io');
  t.is(parseHost('docker.io:443'), 'docker.io');
  for (const text of ['https://quay.io', 'a b', 'a/b', '', 'a:0', '-a', '$(id)'])
    t.throws(() => parseHost(text), { name: 'InvalidReferenceError' }, text);
});
