import assert from 'node:assert/strict';
import { posix } from 'node:path';
import fc from 'fast-check';
import { digestOf } from '../../../core/digest/digest.ts';
import { Digester, DigestVerifier } from '../../../core/digest/digester.ts';
import { END, type Entry, entry, paxHeader } from '../../helpers/content/ustar.ts';
import { outcomeOf } from './outcome.ts';
import { holds } from './property.ts';
import { textOf } from './texts.ts';

const VERSIONS = ['tarsum+sha256', 'tarsum.v1+sha256', 'tarsum.dev+sha256'];
const version = fc.constantFrom(...VERSIONS);
/** Far more than the largest case takes on a busy machine. */
const LIMIT_MS = 2000;

interface File {
  readonly fields: Entry;
  /** A name that is too long for the header, as GNU writes it. */
  readonly longName: string | undefined;
  readonly records: Readonly<Record<string, string>> | undefined;
}

const STATE_FIELDS = [
  ...['size', 'problem', 'reader', 'sums', 'entry', 'phase', 'left', 'padding', 'collected', 'special', 'longName'],
  ...['longLink', 'records', 'name', 'hash'],
];
const oddField = fc.oneof(
  fc.constantFrom<unknown>(
    -1,
    0,
    1,
    512,
    1.5,
    2 ** 52,
    null,
    '',
    'AAAA',
    'header',
    'special',
    'body',
    'padding',
    'end',
  ),
  fc.jsonValue(),
);

const fileName = textOf('ab/._- é', { min: 1, max: 40 });
const number = fc.nat({ max: 0o777777 });

const regular = fc.record(
  { typeflag: fc.constantFrom('0', '\x00'), body: fc.uint8Array({ maxLength: 1200 }), linkname: fc.constant('') },
  { noNullPrototype: true },
);
/** Links, devices, folders. */
const special = fc.record(
  { typeflag: fc.constantFrom(...'123456'), body: fc.constant(new Uint8Array()), linkname: fileName },
  { noNullPrototype: true },
);

const file: fc.Arbitrary<File> = fc
  .record(
    {
      name: fileName,
      rest: fc.oneof({ weight: 3, arbitrary: regular }, special),
      owner: fc.record({ mode: number, uid: number, gid: number, mtime: number }, { noNullPrototype: true }),
      names: fc.record({ uname: textOf('rot'), gname: textOf('rot') }, { noNullPrototype: true }),
      longName: fc.option(textOf('ab/', { min: 101, max: 300 }), { nil: undefined, freq: 5 }),
      records: fc.option(
        fc
          .dictionary(textOf('abK.', { min: 1, max: 8 }), textOf('xyz =\n', { max: 20 }), { noNullPrototype: true })
          .map((given) => Object.fromEntries(Object.entries(given).map(([k, v]) => [`SCHILY.xattr.${k}`, v]))),
        { nil: undefined, freq: 4 },
      ),
    },
    { noNullPrototype: true },
  )
  .map(({ name, rest, owner, names, longName, records }) => ({
    fields: { name, ...rest, ...owner, ...names },
    longName,
    records,
  }));

const files = fc.uniqueArray(file, {
  maxLength: 6,
  selector: ({ fields, longName }) => posix.join('/', longName ?? fields.name).replace(/\/$/, ''),
});

function bytesOf({ fields, longName, records }: File): Buffer {
  return Buffer.concat([
    ...(records === undefined || Object.keys(records).length === 0 ? [] : [paxHeader(records)]),
    ...(longName === undefined ? [] : [entry({ name: '././@LongLink', typeflag: 'L', body: `${longName}\x00` })]),
    entry(fields),
  ]);
}

const archiveOf = (given: readonly File[]): Buffer => Buffer.concat([...given.map(bytesOf), END]);

/** The bytes in pieces that begin at these places, each a fraction of the whole. */
function piecesOf(bytes: Buffer, places: readonly number[]): Buffer[] {
  const starts = [0, ...places.map((place) => Math.floor(place * bytes.byteLength)), bytes.byteLength];
  const sorted = starts.toSorted((a, b) => a - b);
  return sorted.slice(1).map((end, index) => bytes.subarray(sorted[index], end));
}

const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 });

holds('a tarsum does not depend on how the archive is split, or on where its hash is saved and resumed', 400, () =>
  fc.property(files, version, places, fc.boolean(), (given, algorithm, cuts, isResumed) => {
    const bytes = archiveOf(given);
    let digester = new Digester(algorithm);
    for (const piece of piecesOf(bytes, cuts)) {
      digester.update(piece);
      if (isResumed) digester = new Digester(algorithm, { state: digester.save() });
    }
    assert.equal(digester.digest(), digestOf(bytes, algorithm));
    assert.equal(digester.size, bytes.byteLength);
  }),
);

holds('a tarsum does not depend on the order of entries with different paths', 300, () =>
  fc.property(files, version, fc.infiniteStream(fc.nat()), (given, algorithm, ranks) => {
    const shuffled = given
      .map((each) => [ranks.next().value as number, each] as const)
      .toSorted(([a], [b]) => a - b)
      .map(([, each]) => each);
    assert.equal(digestOf(archiveOf(shuffled), algorithm), digestOf(archiveOf(given), algorithm));
  }),
);

type Change = (fields: Entry) => Entry;
const CHANGES: Readonly<Record<string, Change>> = {
  name: (fields) => ({ ...fields, name: `${fields.name}x` }),
  mode: (fields) => ({ ...fields, mode: (fields.mode ?? 0) ^ 1 }),
  uid: (fields) => ({ ...fields, uid: (fields.uid ?? 0) + 1 }),
  gid: (fields) => ({ ...fields, gid: (fields.gid ?? 0) + 1 }),
  uname: (fields) => ({ ...fields, uname: `${fields.uname}x` }),
  gname: (fields) => ({ ...fields, gname: `${fields.gname}x` }),
  linkname: (fields) => ({ ...fields, linkname: `${fields.linkname}x` }),
  'a byte more': (fields) => ({
    ...fields,
    typeflag: '0',
    body: Buffer.concat([Buffer.from(fields.body ?? ''), END.subarray(0, 1)]),
  }),
};

holds('an archive with anything changed, added or left out has another tarsum', 600, () =>
  fc.property(
    files.filter((given) => given.length > 0),
    version,
    fc.nat(),
    fc.constantFrom(...Object.keys(CHANGES)),
    (given, algorithm, turn, what) => {
      const at = turn % given.length;
      const changed = given.map((each, index) =>
        index === at ? { ...each, longName: undefined, fields: (CHANGES[what] as Change)(each.fields) } : each,
      );
      const before = given.map((each, index) => (index === at ? { ...each, longName: undefined } : each));
      const sum = digestOf(archiveOf(before), algorithm);
      assert.notEqual(digestOf(archiveOf(changed), algorithm), sum);
      assert.notEqual(digestOf(archiveOf(before.toSpliced(at, 1)), algorithm), sum);
    },
  ),
);

holds('of the content of a file every bit counts, and of its time only in version 0', 400, () =>
  fc.property(files, fc.uint8Array({ minLength: 1, maxLength: 1500 }), fc.nat(), (others, body, place) => {
    const name = 'not in the others';
    const fileOf = (fields: Omit<Entry, 'name'>): File => ({
      fields: { name, ...fields },
      longName: undefined,
      records: undefined,
    });
    const other = Uint8Array.from(body);
    const bit = place % (body.byteLength * 8);
    other[bit >> 3] = (other[bit >> 3] as number) ^ (1 << (bit & 7));
    for (const algorithm of VERSIONS) {
      const sum = digestOf(archiveOf([...others, fileOf({ body })]), algorithm);
      assert.notEqual(digestOf(archiveOf([...others, fileOf({ body: other })]), algorithm), sum);
      const later = digestOf(archiveOf([...others, fileOf({ body, mtime: 1 + (place % 1000) })]), algorithm);
      assert.equal(later === sum, algorithm !== 'tarsum+sha256');
    }
  }),
);

holds('any bytes have a tarsum or are refused with DIGEST_INVALID, soon, whole and in pieces alike', 1500, () =>
  fc.property(
    fc.oneof(
      fc.uint8Array({ maxLength: 2000 }),
      fc.tuple(files, fc.nat(), fc.nat({ max: 255 })).map(([given, at, byte]) => {
        const bytes = archiveOf(given);
        bytes[at % bytes.byteLength] = byte;
        return bytes;
      }),
      fc.tuple(files, fc.nat()).map(([given, at]) => archiveOf(given).subarray(0, at % 2000)),
      fc.tuple(files, damagedHeader).map(([given, block]) => Buffer.concat([...given.map(bytesOf), block, END])),
    ),
    version,
    places,
    (given, algorithm, cuts) => {
      const started = performance.now();
      const bytes = Buffer.from(given);
      const whole = outcomeOf(() => digestOf(bytes, algorithm));
      if ('refused' in whole) assert.equal(whole.refused, 'DIGEST_INVALID');
      let digester = new Digester(algorithm);
      for (const piece of piecesOf(bytes, cuts)) {
        digester = new Digester(algorithm, { state: digester.update(piece).save() });
      }
      assert.deepEqual(
        outcomeOf(() => digester.digest()),
        whole,
      );
      if ('value' in whole) assert.ok(new DigestVerifier(whole.value).update(bytes).verified);
      assert.ok(performance.now() - started < LIMIT_MS);
    },
  ),
);

holds('any text is the state of a tarsum that goes on, or refused as none', 800, () =>
  fc.property(
    files.map(archiveOf),
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.oneof(fc.json(), fc.array(fc.tuple(fc.constantFrom(...STATE_FIELDS), oddField), { minLength: 1, maxLength: 2 })),
    (bytes, place, change) => {
      const begun = new Digester('tarsum.v1+sha256').update(bytes.subarray(0, Math.floor(place * bytes.byteLength)));
      const text = typeof change === 'string' ? change : changedState(begun, change);
      let resumed: Digester;
      try {
        resumed = new Digester('tarsum.v1+sha256', { state: Buffer.from(text) });
      } catch (error) {
        assert.ok(error instanceof TypeError, String(error));
        return;
      }
      const outcome = outcomeOf(() => resumed.update(bytes).digest());
      if ('refused' in outcome) assert.equal(outcome.refused, 'DIGEST_INVALID');
      assert.ok(resumed.save() !== undefined);
    },
  ),
);

/** The state of a digest with some fields of it, or of its parts, changed. */
function changedState(digester: Digester, changes: ReadonlyArray<readonly [string, unknown]>): string {
  const state = JSON.parse(Buffer.from(digester.save() ?? '{}').toString()) as Record<string, unknown>;
  const parts = [state, state['reader'], state['entry']].filter((part) => typeof part === 'object' && part !== null);
  for (const [field, value] of changes) {
    for (const part of parts as Record<string, unknown>[]) if (field in part) part[field] = value;
  }
  return JSON.stringify(state);
}

/** A header with a right checksum and wrong fields, and what belongs to it. */
const damagedHeader = fc
  .tuple(
    fc.constantFrom(...'01235xLKSgV\x00'),
    fc.uint8Array({ minLength: 12, maxLength: 12 }),
    fc.constantFrom(100, 108, 116, 124, 136, 329, 337),
    fc.uint8Array({ maxLength: 600 }),
  )
  .map(([typeflag, bytes, at, body]) => {
    const block = entry({ name: 'a', typeflag, body });
    block.set(bytes, at);
    block.fill(' ', 148, 156);
    const sum = block.subarray(0, 512).reduce((total, byte) => total + byte, 0);
    block.write(`${sum.toString(8).padStart(6, '0')}\x00 `, 148, 'latin1');
    return block;
  });
