import { inspect } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { digestOf } from '../../../../core/digest/digest.ts';
import { type Descriptor, parseDescriptor } from '../../../../core/model/descriptor.ts';
import { RegistryError, type RegistryErrorCode } from '../../../../core/model/errors.ts';

const BYTES = Buffer.from('{}');
const DIGEST = digestOf(BYTES);
const PLAIN = { mediaType: 'application/vnd.oci.empty.v1+json', digest: DIGEST, size: 2 };

test('the three required fields make a descriptor', (t) => {
  t.deepEqual(parseDescriptor(PLAIN, 'config'), PLAIN as Descriptor);
});

test('every optional field is read', (t) => {
  const full = {
    ...PLAIN,
    urls: ['https://example.com/a'],
    artifactType: 'application/vnd.example+json',
    annotations: { 'org.example.key': '', other: 'ä' },
    platform: { architecture: 'arm64', os: 'linux' },
  };
  t.deepEqual(parseDescriptor(full, 'x'), full as Descriptor);
});

test('unknown fields are allowed, even in the platform', (t) => {
  const platform = { architecture: 'arm64', os: 'linux', variant: 'v8', 'os.features': ['x'], new: 1 };
  const descriptor = parseDescriptor({ ...PLAIN, new: { deep: [] }, platform }, 'x');
  t.deepEqual(descriptor.platform, { architecture: 'arm64', os: 'linux' });
  t.false('new' in descriptor);
});

test('the size may be zero and up to the largest exact number', (t) => {
  t.is(parseDescriptor({ ...PLAIN, size: 0 }, 'x').size, 0);
  t.is(parseDescriptor({ ...PLAIN, size: Number.MAX_SAFE_INTEGER }, 'x').size, Number.MAX_SAFE_INTEGER);
});

test('sha512 addresses content as well', (t) => {
  const digest = digestOf(BYTES, 'sha512');
  t.is(parseDescriptor({ ...PLAIN, digest }, 'x').digest, digest);
});

for (const value of [undefined, null, 'text', 1, true, [], [PLAIN]]) {
  test(`${inspect(value).slice(0, 20)} is not a descriptor`, (t) => {
    refused(t, value, { at: 'layers[3]', code: 'MANIFEST_INVALID' });
  });
}

const wrongFields: Readonly<Record<string, readonly unknown[]>> = {
  mediaType: [1, true, [], {}],
  size: ['2', -1, 1.5, 2 ** 53, 1e300, [], true],
  urls: ['https://example.com', {}, 1],
  'urls[0]': [[1], [{}]],
  artifactType: [1, []],
  annotations: [[], 'text'],
  platform: [[], 'linux', 1],
  'platform.architecture': [{ architecture: 1, os: 'linux' }],
  'platform.os': [{ architecture: 'amd64', os: [] }],
  'platform.os.version': [{ 'os.version': 1 }],
  'platform.os.features': [{ 'os.features': 'x' }],
  'platform.os.features[1]': [{ 'os.features': ['x', 1] }],
  'platform.variant': [{ variant: 8 }],
  'platform.features': [{ features: 'x' }],
};

for (const [field, values] of Object.entries(wrongFields)) {
  for (const value of values) {
    test(`${field} must not be ${inspect(value).slice(0, 40)}`, (t) => {
      const [top = field] = field.split(/[.[]/);
      refused(t, { ...PLAIN, [top]: value }, { at: `x.${field}`, code: 'MANIFEST_INVALID' });
    });
  }
}

for (const nothing of [undefined, null]) {
  test(`a field that is ${nothing} counts as absent`, (t) => {
    const fields = ['mediaType', 'size', 'urls', 'artifactType', 'annotations', 'platform', 'data'];
    const value = { digest: DIGEST, ...Object.fromEntries(fields.map((field) => [field, nothing])) };
    t.deepEqual(parseDescriptor(value, 'x'), { mediaType: '', digest: DIGEST, size: 0 });
  });
}

test('null in a list of texts, as an annotation or in a platform is read as an empty text or as absent', (t) => {
  const platform = { os: null, architecture: 'arm64', 'os.version': null, 'os.features': [null], variant: null };
  const { urls, annotations, ...others } = parseDescriptor(
    { ...PLAIN, urls: ['a', null], annotations: { a: null, b: 'c' }, platform },
    'x',
  );
  t.deepEqual(urls, ['a', '']);
  t.deepEqual(annotations, { a: '', b: 'c' });
  t.deepEqual(others.platform, { architecture: 'arm64' });
});

for (const platform of [{}, { os: 'linux' }, { architecture: 'amd64' }]) {
  test(`the platform may be ${inspect(platform)}`, (t) => {
    t.deepEqual(parseDescriptor({ ...PLAIN, platform }, 'x').platform, platform);
  });
}

for (const type of [
  '',
  'text',
  'a/',
  'a/b;version=0.2',
  'text/plain; charset=utf-8',
  `a/${'b'.repeat(500)}`,
  'a/b\n',
]) {
  test(`the types may be ${JSON.stringify(type).slice(0, 40)}, because they are only stored`, (t) => {
    const { mediaType, artifactType } = parseDescriptor({ ...PLAIN, mediaType: type, artifactType: type }, 'x');
    t.deepEqual([mediaType, artifactType], [type, type]);
  });
}

test('an annotation that is not a text is named', (t) => {
  const annotations = { good: 'a', 'bad "one"': 1 };
  refused(t, { ...PLAIN, annotations }, { at: 'x.annotations["bad \\"one\\""]', code: 'MANIFEST_INVALID' });
});

for (const digest of ['', 'sha256:', `foo:${'a'.repeat(64)}`, DIGEST.toUpperCase()]) {
  test(`the digest must not be ${JSON.stringify(digest.slice(0, 20))}`, (t) => {
    refused(t, { ...PLAIN, digest }, { at: 'x.digest', code: 'DIGEST_INVALID' });
  });
}

for (const digest of [undefined, null, 1, {}]) {
  test(`the digest must not be ${inspect(digest)}`, (t) => {
    refused(t, { ...PLAIN, digest }, { at: 'x.digest', code: 'MANIFEST_INVALID' });
  });
}

test('embedded data that is the content is accepted', (t) => {
  t.notThrows(() => parseDescriptor({ ...PLAIN, data: 'e30=' }, 'x'));
  const empty = { ...PLAIN, digest: digestOf(Buffer.of()), size: 0, data: '' };
  t.notThrows(() => parseDescriptor(empty, 'x'));
  t.notThrows(() => parseDescriptor({ ...PLAIN, data: '' }, 'x'), 'Go writes it for none');
  t.notThrows(() => parseDescriptor({ ...PLAIN, data: 'e3\r\n0=' }, 'x'), 'Go reads over line breaks');
});

const wrongData: Readonly<Record<string, unknown>> = {
  'is no text': 1,
  'is other content of that size': Buffer.from('[]').toString('base64'),
  'is longer': Buffer.from('{} ').toString('base64'),
  'is missing its padding': 'e30',
  'has blanks': 'e3 0=',
  'is base64url': '-_8=',
  'has stray bits behind the content': 'e31=',
};

for (const [what, data] of Object.entries(wrongData)) {
  test(`embedded data that ${what} is refused`, (t) => {
    refused(t, { ...PLAIN, data }, { at: 'x.data', code: 'MANIFEST_INVALID' });
  });
}

for (const field of ['Digest', 'MEDIATYPE', 'Size', 'Urls', 'Data', 'ſize']) {
  test(`a field ${field} beside the real one, which Go clients would read, is refused`, (t) => {
    refused(t, { ...PLAIN, [field]: 'x' }, { at: `x.${field}`, code: 'MANIFEST_INVALID' });
  });
}

function refused(t: ExecutionContext, value: unknown, { at, code }: { at: string; code: RegistryErrorCode }): void {
  const error = t.throws(() => parseDescriptor(value, at.startsWith('x') ? 'x' : at), { instanceOf: RegistryError });
  t.is(error.code, code);
  t.is(error.detail?.['at'], at);
  t.is(typeof error.detail?.['reason'], 'string');
}
