import { gzipSync } from 'node:zlib';
import test from 'ava';
import { sha256 } from '../../../../../core/digest/algorithms/sha256.ts';
import { digestOf, parseDigest } from '../../../../../core/digest/digest.ts';
import { Digester } from '../../../../../core/digest/digester.ts';
import { nodeHashes } from '../../../../../core/digest/node-hash.ts';
import type { Generation } from '../../../../../core/digest/tarsum/entry-fields.ts';
import { TarsumHash } from '../../../../../core/digest/tarsum/tarsum-hash.ts';
import type { TarsumVersion } from '../../../../../core/digest/tarsum/tarsum-label.ts';
import { RegistryError } from '../../../../../core/model/errors.ts';
import { archive, END, type Entry, entry, paxHeader, setSum } from '../../../../helpers/content/ustar.ts';

const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const MIB = 1024 * 1024;

function hashOf(
  version: TarsumVersion,
  bytes: Uint8Array,
  { algorithm = 'sha256', generation = 'era' }: { algorithm?: string; generation?: Generation } = {},
): TarsumHash {
  const { createHash } = nodeHashes(algorithm);
  const sumBytes = createHash().digest().length / 2;
  const hash = new TarsumHash({ version, generation, startHash: createHash, sumBytes });
  hash.update(bytes);
  return hash;
}

const sumOf = (...given: Parameters<typeof hashOf>): string => hashOf(...given).digest();

const LARGE: Entry = { name: '/testdata0', mode: 0o755, body: Buffer.alloc(MIB) };

/** Published sums of this entry, with its type as '0' and as NUL. */
const OF_LARGE: Readonly<Record<string, readonly [string, string]>> = {
  sha256: [
    '75258b2c5dcd9adfe24ce71eeca5fc5019c7e669912f15703ede92b1a60cb11f',
    '8bf12d7e67c51ee2e8306cba569398b1b9f419969521a12ffb9d8875e8836738',
  ],
  md5: ['3a6cdb475d90459ac0d3280703d17be2', '0d7529ec7a8360155b48134b8e599f53'],
  sha1: ['14b5e0d12a0c50a4281e86e92153fa06d55d00c6', 'f1fee39c5925807ff75ef1925e7a23be444ba4df'],
  sha224: [
    'dd8925b7a4c71b13f3a68a0f9428a757c76b93752c398f272a9062d5',
    '6319390c0b061d639085d8748b14cd55f697cf9313805218b21cf61c',
  ],
  sha384: [
    'e39e82f40005134bed13fb632d1a5f2aa4675c9ddb4a136fbcec202797e68d2f635e1200dee2e3a8d7f69d54d3f2fd27',
    'a578ce3ce29a2ae03b8ed7c26f47d0f75b4fc849557c62454be4b5ffd66ba021e713b48ce71e947b43aab57afd5a7636',
  ],
  sha512: [
    '7c56de40b2d1ed3863ff25d83b59cdc8f53e67d1c01c3ee8f201f8e4dec3107da976d0c0ec9109c962a152b32699fe329b2dab13966020e400c32878a0761a7e',
    'e9bfb90ca5a4dfc93c46ee061a5cf9837de6d2fdf82544d6460d3147290aecfabf7b5e415b9b6e72db9b8941f149d5d69fb17a394cbfaf2eac523bd9eae21855',
  ],
};

for (const [algorithm, [zero, nul]] of Object.entries(OF_LARGE)) {
  test(`an entry of 1 MiB has its published sum with ${algorithm}, with its type written or not`, (t) => {
    t.is(sumOf('', archive({ ...LARGE, typeflag: '0' }), { algorithm }), zero);
    const unset = archive({ ...LARGE, typeflag: '\x00' });
    t.is(sumOf('', unset, { algorithm }), nul);
    t.is(sumOf('', unset, { algorithm, generation: 'blank' }), zero);
  });
}

const OWNER = { uid: 1000, gid: 1000, uname: 'slartibartfast', gname: 'users' };

/** Published sums: of the archive, with the names of owners and without. */
const PUBLISHED: ReadonlyArray<readonly [string, TarsumVersion, Buffer, string, string]> = [
  ...(
    [
      ['', '626c4a2e9a467d65c33ae81f7f3dedd4de8ccaee72af73223c4bc4718cbc7bbd'],
      ['dev', '6ffd43a1573a9913325b4918e124ee982a99c0f3cba90fc032a65f5e20bdd465'],
    ] as const
  ).map(([version, sum]) => ['an empty file', version, archive({ name: 'file.txt' }), sum, sum] as const),
  [
    'a file with an owner',
    'dev',
    archive({ name: 'another.txt', body: 'test', ...OWNER }),
    'b38166c059e11fb77bef30bf16fba7584446e80fcc156ff46d47e36c5305d8ef',
    '862964db95e0fa7e42836ae4caab3576ab1df8d275720a45bdd01a5a3730cc63',
  ],
  [
    'a file with attributes',
    'dev',
    withAttributes({ 'user.key1': 'value1', 'user.key2': 'value2' }),
    '4cc2e71ac5d31833ab2be9b4f7842a14ce595ec96a37af4ed08f87bc374228cd',
    '4b1ba03544b49d96a32bacc77f8113220bd2f6a77e7e6d1e7b33cd87117d88e7',
  ],
  [
    'a file with attributes of other names',
    'dev',
    withAttributes({ 'user.KEY1': 'value1', 'user.key2': 'value2' }),
    '65f4284fa32c0d4112dd93c3637697805866415b570587e4fd266af241503760',
    '410b602c898bd4e82e800050f89848fc2cf20fd52aa59c1ce29df76b878b84a6',
  ],
  [
    'a file with an attribute that does not count',
    '',
    withAttributes({ 'user.NOT': 'CALCULATED' }),
    'c12bb6f1303a9ddbf4576c52da74973c00d14c109bcfa76b708d5da1154a07fa',
    'b1f97eab73abd7593c245e51070f9fbdb1824c6b00a0b7a3d7f0015cd05e9e86',
  ],
];

function withAttributes(attributes: Readonly<Record<string, string>>): Buffer {
  const records = Object.entries(attributes).map(([key, value]) => [`SCHILY.xattr.${key}`, value]);
  const file = entry({ name: 'xattrs.txt', body: 'test', ...OWNER });
  return Buffer.concat([paxHeader(Object.fromEntries(records) as Record<string, string>), file, END]);
}

for (const [what, version, bytes, era, blank] of PUBLISHED) {
  test(`${what} has its published sum of version ${version || '0'}`, (t) => {
    t.is(sumOf(version, bytes), era);
    t.is(sumOf(version, bytes, { generation: 'blank' }), blank);
  });
}

test('nothing, and an archive without entries, have the sum of nothing', (t) => {
  for (const version of ['', 'v1', 'dev'] as const) {
    for (const bytes of [Buffer.alloc(0), END, Buffer.alloc(512)]) t.is(sumOf(version, bytes), EMPTY);
  }
});

const FILES = [
  { name: 'etc/', typeflag: '5', mode: 0o755 },
  { name: 'etc/passwd', body: 'root', mtime: 1, uname: 'root' },
  { name: 'etc/link', typeflag: '2', linkname: 'passwd' },
  { name: './etc/passwd', body: 'other' },
  { name: 'large', body: Buffer.alloc(3000, 'x') },
];

test('the order of entries and the time of files do not count from version 1 on', (t) => {
  const [first, second] = [FILES, [...FILES.slice(2), ...FILES.slice(0, 2)].map((file) => ({ ...file, mtime: 7 }))];
  const distinct = (files: Entry[]) => archive(...files.filter(({ name }) => name !== './etc/passwd'));
  t.is(sumOf('v1', distinct(first)), sumOf('v1', distinct(second)));
  t.not(sumOf('', distinct(first)), sumOf('', distinct(second)));
});

test('the order of entries of one path counts, however it is written', (t) => {
  t.not(sumOf('v1', archive(...FILES)), sumOf('v1', archive(...FILES.toReversed())));
});

test('an archive in pieces of any size has the same sum, also when it is resumed after each', (t) => {
  const long = 'd/'.repeat(120);
  const bytes = Buffer.concat([
    ...[entry({ name: '././@LongLink', typeflag: 'L', body: `${long}file\x00` }), entry({ name: 'cut', body: 'long' })],
    ...[paxHeader({ path: `${long}pax`, 'SCHILY.xattr.user.a': 'ü' }), entry({ name: 'cut', body: 'pax' })],
    archive(...FILES),
    Buffer.from('what follows is ignored'),
  ]);
  const expected = sumOf('v1', bytes);
  for (const step of [1, 7, 511, 512, 513, 1000]) {
    let digester = new Digester('tarsum.v1+sha256');
    for (let at = 0; at < bytes.byteLength; at += step) {
      digester.update(bytes.subarray(at, at + step));
      if (step === 1 && at % 97 !== 0) continue;
      const state = digester.save();
      t.truthy(state);
      digester = new Digester('tarsum.v1+sha256', { state });
      t.is(digester.size, Math.min(at + step, bytes.byteLength));
    }
    t.is(String(digester.digest()), `tarsum.v1+sha256:${expected}`, `steps of ${step}`);
  }
});

test('the digest can be asked for before the end of an archive, between two entries only', (t) => {
  const hash = hashOf('v1', entry({ name: 'a', body: 'text' }));
  t.is(hash.digest(), sumOf('v1', archive({ name: 'a', body: 'text' })));
  hash.update(Buffer.alloc(100));
  t.throws(() => hash.digest(), { instanceOf: RegistryError, message: /DIGEST_INVALID.*truncated/ });
  t.false(hash.matches(EMPTY));
});

/** A header whose fields were changed. */
function changed(change: (block: Buffer) => void, given: Entry = { name: 'a', body: 'text' }): Buffer {
  const bytes = entry(given);
  change(bytes);
  setSum(bytes);
  return Buffer.concat([bytes, END]);
}

const WRONG: Readonly<Record<string, Buffer>> = {
  junk: Buffer.alloc(1024, 'a'),
  'a gzip': gzipSync(archive(...FILES)),
  'a wrong checksum': Buffer.from(entry({ name: 'a' }).fill('b', 0, 1)),
  'a body that is truncated': archive({ name: 'a', body: 'x'.repeat(600) }).subarray(0, 700),
  'a header that is truncated': archive({ name: 'a' }).subarray(0, 100),
  'an empty block between entries': Buffer.concat([Buffer.alloc(512), archive({ name: 'a' })]),
  'a size that is no number': changed((block) => block.write('9', 124)),
  'a negative size': changed((block) => block.fill(0xff, 124, 136)),
  'a size that is too large': changed((block) => block.fill(0xff, 125, 136).writeUInt8(0x80, 124)),
  'a name of gigabytes': entry({ name: 'n', typeflag: 'L', size: 2 ** 31 }),
  'attributes of gigabytes': entry({ name: 'n', typeflag: 'x', size: 2 ** 31 }),
  'an extended header without an entry': Buffer.concat([paxHeader({ path: 'a' }), END]),
  'a record that is longer than its header': Buffer.concat([
    entry({ name: 'n', typeflag: 'x', body: '99 path=a\n' }),
    archive({ name: 'a' }),
  ]),
  'a record without a value': Buffer.concat([
    entry({ name: 'n', typeflag: 'x', body: '7 path\n' }),
    archive({ name: 'a' }),
  ]),
  'a record of length 0': Buffer.concat([
    entry({ name: 'n', typeflag: 'x', body: '0 path=a\n' }),
    archive({ name: 'a' }),
  ]),
  'a sparse file': archive({ name: 'a', typeflag: 'S' }),
  'a sparse file of pax': Buffer.concat([paxHeader({ 'GNU.sparse.major': '1' }), archive({ name: 'a' })]),
  'an owner that is no number': Buffer.concat([paxHeader({ uid: '-1' }), archive({ name: 'a' })]),
  'a time that is none': Buffer.concat([paxHeader({ mtime: 'now' }), archive({ name: 'a' })]),
};

for (const [what, bytes] of Object.entries(WRONG)) {
  test(`${what} has no tarsum, in one piece and in many`, (t) => {
    const whole = hashOf('v1', bytes);
    const error = t.throws(() => whole.digest(), { instanceOf: RegistryError });
    t.is(error.code, 'DIGEST_INVALID');
    t.regex(error.message, /have no tarsum/);
    const digester = new Digester('tarsum.v1+sha256');
    for (const byte of bytes) digester.update(Buffer.of(byte));
    t.false(digester.matches(parseDigest(`tarsum.v1+sha256:${EMPTY}`)));
    const resumed = new Digester('tarsum.v1+sha256', { state: digester.save() });
    t.is(resumed.size, bytes.byteLength);
    t.throws(() => resumed.digest(), { message: error.message });
  });
}

test('a million entries are hashed, and no more', (t) => {
  const empty = entry({ name: 'a' });
  const thousand = Buffer.concat(Array.from({ length: 1000 }, () => empty));
  const hash = hashOf('v1', thousand);
  for (let count = 1000; count < 1_000_000; count += 1000) hash.update(thousand);
  t.regex(hash.digest(), /^[0-9a-f]{64}$/);
  t.is(hash.save(), undefined);
  hash.update(empty);
  t.throws(() => hash.digest(), { message: /more entries/ });
});

test('a tarsum is a digest like others', (t) => {
  const bytes = archive(...FILES);
  for (const [name, version] of Object.entries({ tarsum: '', 'tarsum.v1': 'v1', 'tarsum.dev': 'dev' } as const)) {
    const digest = digestOf(bytes, `${name}+sha256`);
    t.is(String(digest), `${name}+sha256:${sumOf(version, bytes)}`);
    t.is(parseDigest(digest), digest);
  }
  t.throws(() => parseDigest(`tarsum.v23+sha256:${EMPTY}`), { instanceOf: RegistryError });
  t.is(sha256.hexLength, 64);
});
