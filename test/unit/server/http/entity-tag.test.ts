import test from 'ava';
import { digestOf } from '../../../../core/digest/digest.ts';
import { formatEntityTag, matchesIfNoneMatch, matchesIfRange } from '../../../../server/http/entity-tag.ts';

const digest = digestOf(Buffer.from('content'));
const other = digestOf(Buffer.from('other content'));

test('the entity tag of content is its digest, strong and quoted', (t) => {
  t.is(formatEntityTag(digest), `"${digest}"`);
});

const NAMED = [
  `"${digest}"`,
  digest,
  `W/"${digest}"`,
  '*',
  ' * ',
  `"${other}", "${digest}"`,
  `"${other}","${digest}"`,
  `${other}, ${digest}`,
  `W/"${other}" ,\tW/"${digest}"`,
  `"a,b", "${digest}"`,
  `"", "${digest}"`,
];

for (const header of NAMED) {
  test(`If-None-Match ${JSON.stringify(header)} names the content`, (t) => {
    t.true(matchesIfNoneMatch(header, digest));
  });
}

const NOT_NAMED = [
  undefined,
  '',
  `"${other}"`,
  other,
  `"${digest}x"`,
  `"${digest.toUpperCase()}"`,
  `"x,${digest},y"`,
  `"${digest.slice(7)}"`,
  '"*"',
  `"${other}", "*"`,
  ',,,',
];

for (const header of NOT_NAMED) {
  test(`If-None-Match ${JSON.stringify(header)} does not name the content`, (t) => {
    t.false(matchesIfNoneMatch(header, digest));
  });
}

const HEEDED: [string | undefined, boolean][] = [
  [undefined, true],
  [`"${digest}"`, true],
  [digest, true],
  [`"${other}"`, false],
  [`W/"${digest}"`, false],
  ['*', false],
  ['', false],
  ['Wed, 21 Oct 2015 07:28:00 GMT', false],
];

for (const [header, heeded] of HEEDED) {
  test(`with If-Range ${JSON.stringify(header)} the Range is ${heeded ? 'heeded' : 'ignored'}`, (t) => {
    t.is(matchesIfRange(header, digest), heeded);
  });
}
