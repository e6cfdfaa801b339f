import test from 'ava';
import fc from 'fast-check';
import { parseChallenges } from '../../../../client/auth/challenge.ts';

const REALM = 'https://auth.example/token';

test('a Bearer challenge says where tokens are got, and for what', (t) => {
  const header = `Bearer realm="${REALM}",service="registry.example",scope="repository:a/b:pull,push repository:c:pull"`;
  t.deepEqual(parseChallenges([header]), [
    {
      kind: 'bearer',
      realm: REALM,
      service: 'registry.example',
      scopes: ['repository:a/b:pull,push', 'repository:c:pull'],
    },
  ]);
});

test('schemes and names are read in any case, values with and without quotes, and escapes', (t) => {
  t.deepEqual(parseChallenges([`bearer Realm=${REALM} , Service="a \\"b\\""`]), [
    { kind: 'bearer', realm: REALM, service: 'a "b"', scopes: [] },
  ]);
});

test('several challenges come in one header or in several', (t) => {
  const kinds = (...headers: string[]) => parseChallenges(headers).map(({ kind }) => kind);
  t.deepEqual(kinds(`Basic realm="r", Bearer realm="${REALM}"`), ['basic', 'bearer']);
  t.deepEqual(kinds('Negotiate, Basic realm="r"'), ['basic']);
  t.deepEqual(kinds('Basic', `Bearer realm="${REALM}",error="invalid_token"`), ['basic', 'bearer']);
});

test('a Bearer challenge without a realm, and what is no challenge, is left out', (t) => {
  t.deepEqual(parseChallenges(['Bearer service="x"']), []);
  t.deepEqual(parseChallenges(['', '"', '=', ', ,']), []);
});

test('any text is read to its end', (t) => {
  const unit = fc.constantFrom(...'Bearer realm="x\\,=');
  t.notThrows(() => {
    fc.assert(fc.property(fc.string({ unit }), (text) => void parseChallenges([text])));
  });
});
