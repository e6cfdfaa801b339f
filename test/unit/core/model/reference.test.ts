import test, { type ExecutionContext } from 'ava';
import { RegistryError, type RegistryErrorCode } from '../../../../core/model/errors.ts';
import {
  createUploadId,
  formatReference,
  isRepositoryName,
  isTag,
  MAX_NAME_LENGTH,
  parseReference,
  parseRepositoryName,
  parseTag,
  parseUploadId,
} from '../../../../core/model/reference.ts';

const DIGEST = `sha256:${'0'.repeat(64)}`;

const validNames = [
  'a',
  '0',
  'ubuntu',
  'simple/name',
  'library/ubuntu',
  'docker/stevvooe/app',
  'aa/aa/bb/bb/bb',
  'a/a/a/a/a/a/a/a/a/a/a/a/a/a/a',
  'foo.com/bar/baz',
  'blog.foo.com/bar/baz',
  'aa-a/aa',
  'a-a/a-a',
  'a---a',
  'a__a',
  'a_a',
  'manifests/tags',
  'uploads',
  'a'.repeat(MAX_NAME_LENGTH),
  `${'a/'.repeat(127)}a`,
];

for (const name of validNames) {
  test(`${name.slice(0, 40)} (${name.length}) is a repository name`, (t) => {
    t.is<string, string>(parseRepositoryName(name), name);
    t.true(isRepositoryName(name));
  });
}

const invalidNames = [
  '',
  '/',
  '/a',
  'a/',
  'a//b',
  '.',
  '..',
  'a/../b',
  './a',
  'asdf$$^/aa',
  'a-/a/a/a',
  '-a',
  'a-',
  '_a',
  'a_',
  'a/_manifests',
  'a___a',
  'a..a',
  'a._a',
  'A',
  'a/B',
  'aÄ',
  'a b',
  'a:b',
  'localhost:5000/a',
  'a@b',
  'a\n',
  '\na',
  'a\0',
  'a%2fb',
  'a'.repeat(MAX_NAME_LENGTH + 1),
  `${'a/'.repeat(128)}a`,
];

for (const name of invalidNames) {
  test(`${JSON.stringify(name.slice(0, 40))} (${name.length}) is no repository name`, (t) => {
    t.false(isRepositoryName(name));
    expectCode(t, () => parseRepositoryName(name), 'NAME_INVALID');
  });
}

for (const tag of ['a', '_', '1', 'latest', 'V1.0-rc_2', 'A.b-c_d', 'a'.repeat(128)]) {
  test(`${tag.slice(0, 20)} (${tag.length}) is a tag`, (t) => {
    t.true(isTag(tag));
    t.is<string, string>(parseTag(tag), tag);
    const reference = parseReference(tag);
    t.is(reference.kind, 'tag');
    t.is(formatReference(reference), tag);
  });
}

for (const tag of ['', '.', '..', '.INVALID_MANIFEST_NAME', '-a', 'a/b', 'a b', 'ä', 'a\n', 'a+b', 'a'.repeat(129)]) {
  test(`${JSON.stringify(tag.slice(0, 24))} (${tag.length}) is no tag`, (t) => {
    t.false(isTag(tag));
    expectCode(t, () => parseTag(tag), 'TAG_INVALID');
    expectCode(t, () => parseReference(tag), 'TAG_INVALID');
  });
}

test('a colon makes a reference a digest', (t) => {
  const reference = parseReference(DIGEST);
  t.is(reference.kind, 'digest');
  t.is(formatReference(reference), DIGEST);
  expectCode(t, () => parseReference('latest:1'), 'DIGEST_INVALID');
});

test('ids of uploads are UUIDs and never repeat', (t) => {
  const id = createUploadId();
  t.regex(id, /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  t.not(createUploadId(), id);
  t.is<string, string>(parseUploadId(id), id);
});

for (const id of ['01932e5c-5a3a-7000-8000-000000000000', 'foreign_ID.1', '...', 'a'.repeat(128)]) {
  test(`${id.slice(0, 40)} can be the id of a foreign upload`, (t) => {
    t.is<string, string>(parseUploadId(id), id);
  });
}

for (const id of ['', '.', '..', 'a/b', '../x', 'a b', 'ä', 'a=', 'a\n', 'a'.repeat(129)]) {
  test(`${JSON.stringify(id.slice(0, 20))} (${id.length}) can be the id of no upload`, (t) => {
    expectCode(t, () => parseUploadId(id), 'BLOB_UPLOAD_UNKNOWN');
  });
}

function expectCode(t: ExecutionContext, action: () => unknown, code: RegistryErrorCode): void {
  const error = t.throws(action, { instanceOf: RegistryError });
  t.is(error.code, code);
}
