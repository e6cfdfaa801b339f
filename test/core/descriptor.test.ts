import { inspect } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { type Descriptor, parseDescriptor } from '../../core/descriptor.ts';
import { digestOf } from '../../core/digest.ts';
import { RegistryError, type RegistryErrorCode } from '../../core/errors.ts';

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

test('unknown fields, in the platform too, are no errors', (t) => {
  const platform = { architecture: 'arm64', os: 'linux', variant: 'v8', 'os.features': ['x'], new: 1 };
  const descriptor = parseDescriptor({ ...PLAIN, new: { deep: [] }, platform }, 'x');
  t.deepEqual(descriptor.platform, { architecture: 'arm64', os: 'linux' });
  t.false('new' in descriptor);
});

test('the size may be zero and as large as numbers are exact', (t) => {
  t.is(parseDescriptor({ ...PLAIN, size: 0 }, 'x').size, 0);
  t.is(parseDescriptor({ ...PLAIN, size: Number.MAX_SAFE_INTEGER }, 'x').size, Number.MAX_SAFE_INTEGER);
});

test('sha512 addresses content as well', (t) => {
  const digest = digestOf(BYTES, 'sha512');
  t.is(parseDescriptor({ ...PLAIN, digest }, 'x').digest, digest);
});

for (const value of [undefined, null, 'text', 1, true, [], [PLAIN]]) {
  test(`${inspect(value).slice(0, 20)} is no descriptor`, (t) => {
    refused(t, value, { at: 'layers[3]', code: 'MANIFEST_INVALID' });
  });
}

const wrongFields: Readonly<Record<string, readonly unknown[]>> = {
  mediaType: [undefined, null, '', 1, 'text', 'a/', '/b', 'a/b;c=d', 'a/b c', 'a/b/c', `a/${'b'.repeat(128)}`, 'a/b\n'],
  size: [undefined, null, '2', -1, 1.5, 2 ** 53, 1e300, [], true],
  urls: [null, 'https://example.com', [1], [null], {}],
  artifactType: [null, '', 'text', 1],
  annotations: [null, [], 'text'],
  platform: [null, [], 'linux', {}, { os: 'linux' }, { architecture: 'amd64' }, { architecture: 1, os: 'linux' }],
};

for (const [field, values] of Object.entries(wrongFields)) {
  for (const value of values) {
    test(`${field} must not be ${inspect(value).slice(0, 40)}`, (t) => {
      refused(t, { ...PLAIN, [field]: value }, { at: `x.${field}`, code: 'MANIFEST_INVALID' });
    });
  }
}

test('an annotation that is no text is named', (t) => {
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
