import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseContentRange } from '../../../server/http/content-range.ts';
import { formatEntityTag, matchesIfNoneMatch, matchesIfRange } from '../../../server/http/entity-tag.ts';
import { parsePageRequest } from '../../../server/http/pagination.ts';
import { MAX_RANGES, parseRange } from '../../../server/http/range.ts';
import { outcomeOf } from './outcome.ts';
import { holds } from './property.ts';
import { anyText, nearly, textOf } from './texts.ts';
import { digest, digestText } from './vocabulary.ts';

const RUNS = 3000;
const number = fc.oneof(
  fc.nat({ max: 30 }),
  fc.constantFrom(2 ** 53 - 2, 2 ** 53 - 1, 2 ** 53, 1e300, Number.POSITIVE_INFINITY).map(Number),
);
const digits = (value: number): string =>
  value === Number.POSITIVE_INFINITY ? '9'.repeat(400) : BigInt(value).toString();

const contentRange = fc.record({
  start: number,
  last: number,
  total: fc.oneof(fc.constant(undefined), fc.constant('*' as const), number),
});
const MAX = BigInt(Number.MAX_SAFE_INTEGER);

holds('a Content-Range is accepted exactly if it names as many bytes as the chunk has', RUNS, () =>
  fc.property(
    contentRange,
    fc.option(number, { nil: undefined }),
    fc.constantFrom('', 'bytes ', 'bytes=', 'Bytes = '),
    ({ start, last, total }, contentLength, unit) => {
      const [from, to] = [digits(start), digits(last)];
      const plain = `${from}-${to}`;
      const size = typeof total === 'number' ? digits(total) : total;
      const header = `${unit}${plain}${size === undefined ? '' : `/${size}`}`;
      const outcome = outcomeOf(() => parseContentRange(header, contentLength));
      if (!('value' in outcome)) {
        const isGood =
          BigInt(from) <= BigInt(to) &&
          BigInt(to) < MAX &&
          (size === undefined || size === '*' || BigInt(to) < BigInt(size)) &&
          (contentLength === undefined || contentLength === last - start + 1);
        assert.ok(!isGood, header);
        assert.ok(['BLOB_UPLOAD_INVALID', 'RANGE_INVALID', 'SIZE_INVALID'].includes(outcome.refused));
        return;
      }
      assert.deepEqual(outcome.value, { start, end: last + 1 });
      assert.ok(start <= last && last < Number.MAX_SAFE_INTEGER);
      assert.ok(contentLength === undefined || contentLength === last - start + 1);
      assert.ok(typeof total !== 'number' || last < total);
    },
  ),
);

holds('whatever stands in Content-Range is a range or refused', RUNS, () =>
  fc.property(nearly(textOf('0189-/*bytes ', { max: 12 })), (header) => {
    const outcome = outcomeOf(() => parseContentRange(header));
    if (!('value' in outcome)) return;
    const { start, end } = outcome.value;
    assert.ok(Number.isSafeInteger(start) && Number.isSafeInteger(end) && start < end);
    assert.ok(/^(?:bytes[ \t=]+)?[0-9]+[ \t]*-/i.test(header));
  }),
);

interface Spec {
  readonly first?: number;
  readonly last?: number;
}
const spec: fc.Arbitrary<Spec> = fc.oneof(
  fc.record({ first: fc.nat({ max: 25 }), last: fc.oneof(fc.nat({ max: 25 }), fc.constant(1e300)) }),
  fc.record({ first: fc.oneof(fc.nat({ max: 25 }), fc.constant(1e300)) }),
  fc.record({ last: fc.oneof(fc.nat({ max: 25 }), fc.constant(1e300)) }),
);
const written = ({ first, last }: Spec): string =>
  `${first === undefined ? '' : digits(first)}-${last === undefined ? '' : digits(last)}`;

/** The bytes of a blob that one spec selects, counted one by one. */
function selected({ first, last }: Spec, size: number): number[] {
  const bytes = Array.from({ length: size }, (_, index) => index);
  if (first === undefined) return bytes.filter((byte) => byte >= size - (last ?? 0));
  return bytes.filter((byte) => byte >= first && byte <= (last ?? Number.POSITIVE_INFINITY));
}

function rangesByCounting(specs: readonly Spec[], size: number): number[][] | 'unsatisfiable' | undefined {
  if (specs.length === 0) return undefined;
  if (specs.some(({ first, last }) => first !== undefined && last !== undefined && last < first))
    return 'unsatisfiable';
  const parts = specs.map((each) => selected(each, size)).filter((bytes) => bytes.length > 0);
  // Go's servers, and so distribution, return the whole of an empty blob.
  if (parts.length === 0) return size === 0 ? undefined : 'unsatisfiable';
  return parts.flat().length > size ? undefined : parts;
}

holds('a Range selects the bytes that counting selects', RUNS, () =>
  fc.property(
    fc.array(spec, { maxLength: 4 }),
    fc.nat({ max: 20 }),
    fc.constantFrom('bytes=', 'Bytes=', 'BYTES='),
    fc.constantFrom(',', ', ', ' ,\t', ',,'),
    (specs, size, unit, comma) => {
      const header = unit + specs.map(written).join(comma);
      const ranges = parseRange(header, size);
      const counted =
        typeof ranges === 'object'
          ? ranges.map(({ start, end }) => Array.from({ length: end - start }, (_, index) => start + index))
          : ranges;
      assert.deepEqual(counted, rangesByCounting(specs, size), header);
    },
  ),
);

holds('whatever stands in Range gives ranges inside the blob, and never more bytes than it has', RUNS, () =>
  fc.property(nearly(textOf('0129-, ', { max: 12 }).map((set) => `bytes=${set}`)), number, (header, size) => {
    const ranges = parseRange(header, size);
    if (typeof ranges !== 'object') return;
    assert.ok(ranges.length > 0 && ranges.length <= MAX_RANGES);
    for (const { start, end } of ranges) assert.ok(start >= 0 && start < end && end <= size);
    assert.ok(ranges.reduce((sum, { start, end }) => sum + end - start, 0) <= size);
  }),
);

/** One member of a list of entity tags. */
const member = (wanted: string) =>
  fc.record({
    tag: fc.oneof(fc.constant(wanted), digestText, textOf('a, ;*W/', { max: 6 }), fc.constant(`${wanted},`)),
    form: fc.constantFrom('strong', 'weak', 'bare'),
  });

holds('If-None-Match names a digest exactly when a member of the list is it, weak or strong or bare', RUNS, () =>
  fc.property(
    digest.chain((wanted) => fc.tuple(fc.constant(wanted), fc.array(member(wanted), { maxLength: 5 }))),
    fc.constantFrom(',', ', ', ' , '),
    ([wanted, members], comma) => {
      const good = members.filter(({ tag, form }) => form !== 'bare' || /^sha[0-9]+:[0-9a-f]+$/.test(tag));
      const texts = good.map(({ tag, form }) => (form === 'bare' ? tag : `${form === 'weak' ? 'W/' : ''}"${tag}"`));
      assert.equal(
        matchesIfNoneMatch(texts.join(comma), wanted),
        good.some(({ tag }) => tag === wanted),
      );
      for (const [index, { tag, form }] of good.entries()) {
        assert.equal(matchesIfRange(texts[index], wanted), tag === wanted && form !== 'weak');
      }
    },
  ),
);

holds('only the digest or * makes conditions true', RUNS, () =>
  fc.property(digest, fc.oneof(anyText, nearly(digestText)), (wanted, text) => {
    fc.pre(!text.includes(wanted));
    assert.equal(matchesIfNoneMatch(text, wanted), text.trim() === '*');
    assert.equal(matchesIfRange(text, wanted), false);
    assert.equal(matchesIfNoneMatch(`${text}"`, wanted), false);
    assert.equal(matchesIfNoneMatch(formatEntityTag(wanted), wanted), true);
  }),
);

holds('a page has the number that was asked for, cut down to the maximum, or is refused', RUNS, () =>
  fc.property(
    fc.oneof(nearly(number.map(digits)), fc.constant(undefined)),
    fc.oneof(anyText, fc.constant(undefined)),
    fc.constantFrom(1, 10, Number.POSITIVE_INFINITY),
    (n, last, maximum) => {
      const limits = { byDefault: 1, maximum };
      const outcome = outcomeOf(() => parsePageRequest({ first: (name) => ({ n, last })[name] || undefined }, limits));
      const isGiven = n !== undefined && n !== '';
      const isNumber = isGiven && [...n].every((character) => '0123456789'.includes(character)) && BigInt(n) <= MAX;
      if (isGiven && !isNumber) assert.deepEqual(outcome, { refused: 'PAGINATION_NUMBER_INVALID' });
      else {
        const expected = isGiven ? Math.min(Number(n), maximum) : 1;
        assert.deepEqual(outcome, { value: { n: expected, last: last === '' ? undefined : last } });
      }
    },
  ),
);
