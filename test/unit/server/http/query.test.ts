import test from 'ava';
import { RegistryError } from '../../../../core/model/errors.ts';
import { MAX_QUERY_LENGTH, MAX_QUERY_PARAMETERS, Query } from '../../../../server/http/query.ts';

test('the first value of a parameter counts, and an empty one counts as absent', (t) => {
  const query = new Query('a=1&b=&a=2&c&__proto__=p&d=x+y%20z&e=%zz&f=%ff');
  t.is(query.first('a'), '1');
  t.is(query.first('b'), undefined);
  t.is(query.first('c'), undefined);
  t.is(query.first('__proto__'), 'p');
  t.is(query.first('constructor'), undefined);
  t.is(query.first('d'), 'x y z');
  t.is(query.first('e'), '%zz');
  t.is(query.first('f'), '\ufffd');
  t.deepEqual(query.all('a'), ['1', '2']);
});

const MEDIA_TYPES: [string, string[]][] = [
  ['a=application/vnd.x+json', ['application/vnd.x+json']],
  ['a=application%2Fvnd.x%2Bjson', ['application/vnd.x+json']],
  ['a=application/vnd.x+json&b=1&a=image/svg+xml', ['application/vnd.x+json', 'image/svg+xml']],
  ['a=text/plain;+charset=utf-8', ['text/plain; charset=utf-8']],
  ['a=text/plain%3B+charset=utf-8', ['text/plain; charset=utf-8']],
  ['a=text/plain;%20charset=utf-8', ['text/plain; charset=utf-8']],
  ['a=x/y;v=1+2', ['x/y;v=1+2']],
  ['a=&a', []],
];

for (const [text, expected] of MEDIA_TYPES) {
  test(`the media types of ${text} are ${JSON.stringify(expected)}`, (t) => {
    t.deepEqual(new Query(text).mediaTypes('a'), expected);
  });
}

test('a query that is too long or has too many parameters is refused, and the largest allowed is accepted', (t) => {
  const refusal = (text: string) => t.throws(() => new Query(text), { instanceOf: RegistryError }).code;
  t.is(new Query(`a=${'x'.repeat(MAX_QUERY_LENGTH - 2)}`).first('a')?.length, MAX_QUERY_LENGTH - 2);
  t.is(refusal(`a=${'x'.repeat(MAX_QUERY_LENGTH - 1)}`), 'QUERY_TOO_LONG');
  t.is(new Query('a&'.repeat(MAX_QUERY_PARAMETERS - 1)).all('a').length, MAX_QUERY_PARAMETERS - 1);
  t.is(refusal('a&'.repeat(MAX_QUERY_PARAMETERS)), 'QUERY_INVALID');
  t.is(refusal('&'.repeat(MAX_QUERY_PARAMETERS)), 'QUERY_INVALID');
});
