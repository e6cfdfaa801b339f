import test from 'ava';
import { RegistryError } from '../../../../core/model/errors.ts';
import { type PageRequest, parsePageRequest } from '../../../../server/http/pagination.ts';
import { Query } from '../../../../server/http/query.ts';

const LIMITS = { byDefault: 100, maximum: 1000 };

const SOUND: [string, PageRequest][] = [
  ['', { n: 100, last: undefined }],
  ['n=&last=', { n: 100, last: undefined }],
  ['n=0', { n: 0, last: undefined }],
  ['n=5&last=a/b', { n: 5, last: 'a/b' }],
  ['n=007', { n: 7, last: undefined }],
  ['n=1000', { n: 1000, last: undefined }],
  ['n=1001', { n: 1000, last: undefined }],
  ['n=10000', { n: 1000, last: undefined }],
  ['n=9007199254740991', { n: 1000, last: undefined }],
  ['last=no+such%20tag!', { n: 100, last: 'no such tag!' }],
  ['n=3&n=4&last=x&last=y', { n: 3, last: 'x' }],
  ['n=3&n=many', { n: 3, last: undefined }],
];

for (const [query, expected] of SOUND) {
  test(`the query "${query}" asks for ${JSON.stringify(expected)}`, (t) => {
    t.deepEqual(parsePageRequest(new Query(query), LIMITS), expected);
  });
}

for (const n of ['-1', 'abc', '1.5', '1e3', '0x10', ' 5', '+5', '5 ', 'NaN', 'Infinity', '9007199254740992']) {
  test(`n=${n} is no number of entries, and the answer names it`, (t) => {
    const error = t.throws(() => parsePageRequest(new Query(`n=${encodeURIComponent(n)}`), LIMITS), {
      instanceOf: RegistryError,
    });
    t.is(error.code, 'PAGINATION_NUMBER_INVALID');
    t.is(error.detail?.['n'], n);
  });
}

test('a list without limits returns all items or as many as requested', (t) => {
  const unlimited = { byDefault: Infinity, maximum: Infinity };
  t.is(parsePageRequest(new Query(''), unlimited).n, Infinity);
  t.is(parsePageRequest(new Query('n=123456'), unlimited).n, 123456);
});
