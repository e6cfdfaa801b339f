import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import test from 'ava';
import { keyId } from '../../../../../core/manifests/schema-1/json-web-key.ts';
import { sign } from '../../../../../core/manifests/schema-1/sign.ts';
import { SignatureError, type SignatureProblem } from '../../../../../core/manifests/schema-1/signature-problem.ts';
import { SignedText } from '../../../../../core/manifests/schema-1/signed-text.ts';
import { verify } from '../../../../../core/manifests/schema-1/verify.ts';

const INDENTED = Buffer.from('{\n   "schemaVersion": 1,\n   "name": "team/app",\n   "tag": "grüße"\n}');
const COMPACT = Buffer.from('{"schemaVersion":1,"name":"team/app"}');
const EC = (namedCurve: string): KeyObject => generateKeyPairSync('ec', { namedCurve }).privateKey;
const KEYS = {
  ES256: EC('P-256'),
  ES384: EC('P-384'),
  ES512: EC('P-521'),
  RSA: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
};

function problemOf(action: () => unknown): SignatureProblem | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (error instanceof SignatureError) return error.problem;
    throw error;
  }
}

test('the id of a key is that of libtrust', (t) => {
  const jwk = {
    kty: 'EC',
    crv: 'P-256',
    x: '3gAwX48IQ5oaYQAYSxor6rYYc_6yjuLCjtQ9LUakg4A',
    y: 't72ge6kIA1XOjqjVoEOiPPAURltJFBMGDSQvEGVB010',
  };
  const id = 'OD6I:6DRK:JXEJ:KBM4:255X:NSAA:MUSF:E4VM:ZI6W:CUN2:L4Z6:LSF4';
  t.is(keyId(createPublicKey({ key: jwk, format: 'jwk' })), id);
});

for (const [what, payload] of Object.entries({ 'an indented': INDENTED, 'a compact': COMPACT })) {
  for (const [algorithm, key] of [
    ...(['ES256', 'ES384', 'ES512'] as const).map((name) => [name, KEYS[name]] as const),
    ...(['RS256', 'RS384', 'RS512'] as const).map((name) => [name, KEYS.RSA] as const),
  ]) {
    test(`${algorithm} signs ${what} document, which is the same after it was sent`, (t) => {
      const text = sign(payload, key, { algorithm, time: new Date('2015-09-11T04:13:48.123Z') }).toBytes();
      const sent = SignedText.parse(text);
      t.deepEqual(sent.payload, payload);
      t.deepEqual(verify(sent).map(keyId), [keyId(key)]);
      t.deepEqual(sent.toBytes(), text);
      const [{ document }] = sent.signatures as [SignedText['signatures'][number]];
      t.is(document.header['alg'], algorithm);
      const { formatLength, time } = JSON.parse(Buffer.from(document.protected, 'base64url').toString()) as {
        formatLength: number;
        time: string;
      };
      t.is(time, '2015-09-11T04:13:48Z');
      t.is(payload.toString('latin1', formatLength).trim(), '}');
      t.notThrows(() => JSON.parse(text.toString()) as unknown);
    });
  }
}

test('an indented document keeps its indentation in the signatures', (t) => {
  const lines = sign(INDENTED, KEYS.ES256).toBytes().toString().split('\n');
  t.deepEqual(lines.slice(4, 8), ['   "signatures": [', '      {', '         "header": {', '            "jwk": {']);
  t.deepEqual(lines.slice(-3), ['      }', '   ]', '}']);
});

test('every flipped byte of the payload and of the signature is noticed', (t) => {
  const signed = sign(COMPACT, KEYS.ES256);
  const text = signed.toBytes();
  // The white space and the order of what is not signed may change.
  const places = [...COMPACT.keys(), ...[...text.keys()].slice(text.indexOf('"signature":"') + 13).slice(0, 84)].filter(
    (at) => at < COMPACT.length - 1 || at >= COMPACT.length,
  );
  for (const at of places) {
    const wrong = Buffer.from(text);
    wrong[at] = (wrong[at] as number) ^ 1;
    const problem = problemOf(() => verify(SignedText.parse(wrong)));
    t.truthy(problem, `byte ${at}`);
  }
});

test('two signers of one manifest are merged, in the order of their keys, and both hold', (t) => {
  const [first, second] = [sign(INDENTED, KEYS.ES256), sign(INDENTED, KEYS.RSA)];
  const merged = first.merge(second);
  t.deepEqual(merged.toBytes(), second.merge(first).toBytes());
  t.deepEqual(merged.merge(first).toBytes(), merged.toBytes());
  const ids = verify(SignedText.parse(merged.toBytes())).map(keyId);
  t.deepEqual(ids, [keyId(KEYS.ES256), keyId(KEYS.RSA)].toSorted());
});

test('signers of different manifests are not merged', (t) => {
  t.is(
    problemOf(() => sign(INDENTED, KEYS.ES256).merge(sign(COMPACT, KEYS.ES256))),
    'different-texts',
  );
});

test('members after the signed part are not part of the payload', (t) => {
  const text = sign(COMPACT, KEYS.ES256).toBytes().toString();
  const longer = Buffer.from(`${text.slice(0, -1)},"name":"other/app"}`);
  const parsed = SignedText.parse(longer);
  t.is(verify(parsed).length, 1);
  t.deepEqual(parsed.payload, COMPACT);
});

/** A signed text whose only signature was changed. */
function changed(change: (signature: SignatureJson) => void): Buffer {
  const signature = changedSignature(change);
  return Buffer.from(`${COMPACT.toString().slice(0, -1)},"signatures":[${JSON.stringify(signature)}]}`);
}

function changedSignature(change: (signature: SignatureJson) => void): SignatureJson {
  const [signature] = sign(COMPACT, KEYS.ES256).signatures.map(({ document }) => structuredClone(document)) as [
    SignatureJson,
  ];
  change(signature);
  return signature;
}

interface SignatureJson {
  header: Record<string, unknown>;
  signature: string;
  protected: string;
}

function withEnd(end: object): (signature: SignatureJson) => void {
  return (signature) => {
    signature.protected = Buffer.from(JSON.stringify(end)).toString('base64url');
  };
}

const TAIL = Buffer.from('}').toString('base64url');
const LENGTH = COMPACT.byteLength - 1;

const WRONG: Readonly<Record<string, readonly [SignatureProblem, Buffer]>> = {
  'no list of signatures': ['missing-signatures', COMPACT],
  'an empty list': ['missing-signatures', Buffer.from('{"schemaVersion":1,"signatures":[]}')],
  'a number instead of the list': ['malformed', Buffer.from('{"schemaVersion":1,"signatures":1}')],
  'a list instead of an object': ['malformed', Buffer.from('[]')],
  'what is not JSON': ['malformed', Buffer.from('{"signatures":')],
  'more signatures than any manifest has': [
    'malformed',
    Buffer.from(`{"a":1,"signatures":[${Array.from({ length: 33 }, () => '{}').join(',')}]}`),
  ],
  'a signature that is null': ['malformed', Buffer.from('{"a":1,"signatures":[null]}')],
  'a negative formatLength': ['malformed', changed(withEnd({ formatLength: -1, formatTail: TAIL }))],
  'a fractional formatLength': ['malformed', changed(withEnd({ formatLength: 1.5, formatTail: TAIL }))],
  'a formatLength past the end': ['malformed', changed(withEnd({ formatLength: 1e6, formatTail: TAIL }))],
  'a tail that is not base64url': ['malformed', changed(withEnd({ formatLength: LENGTH, formatTail: '!' }))],
  'a payload that is not JSON': ['malformed', changed(withEnd({ formatLength: LENGTH - 1, formatTail: TAIL }))],
  'an unknown algorithm': ['malformed', changed(({ header }) => Object.assign(header, { alg: 'none' }))],
  'the algorithm of another curve': ['malformed', changed(({ header }) => Object.assign(header, { alg: 'ES384' }))],
  'no algorithm': ['malformed', changed(({ header }) => delete header['alg'])],
  'no key': ['malformed', changed(({ header }) => delete header['jwk'])],
  'a key with the id of another': [
    'malformed',
    changed(({ header }) => Object.assign(header['jwk'] as object, { kid: keyId(KEYS.RSA) })),
  ],
  'a private key': ['malformed', changed(({ header }) => Object.assign(header['jwk'] as object, { d: 'AQAB' }))],
  'a signature of another length': ['invalid-signature', changed((signature) => void (signature.signature = 'AAAA'))],
  'no bytes of a signature': ['invalid-signature', changed((signature) => void (signature.signature = ''))],
};

for (const [what, [problem, text]] of Object.entries(WRONG)) {
  test(`${what} is refused as ${problem}`, (t) => {
    t.is(
      problemOf(() => verify(SignedText.parse(text))),
      problem,
    );
  });
}

test('signatures that place the end of the payload differently are of different texts', (t) => {
  const [first, second] = [COMPACT, INDENTED].map((payload) => sign(payload, KEYS.ES256).signatures[0]?.document);
  const text = (...list: unknown[]): Buffer =>
    Buffer.from(`${COMPACT.toString().slice(0, -1)},"signatures":${JSON.stringify(list)}}`);
  t.is(
    problemOf(() => SignedText.parse(text(first, second))),
    'different-texts',
  );
  const tail = changedSignature(withEnd({ formatLength: LENGTH, formatTail: Buffer.from(' }').toString('base64url') }));
  t.is(
    problemOf(() => SignedText.parse(text(first, tail))),
    'different-texts',
  );
});

test('line breaks and spaces in base64url are ignored', (t) => {
  const text = changed((signature) => {
    signature.signature = `${signature.signature.slice(0, 40)}\n ${signature.signature.slice(40)}`;
  });
  t.is(verify(SignedText.parse(text)).length, 1);
});

test('a short RSA key can neither sign nor verify', (t) => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
  t.is(
    problemOf(() => sign(COMPACT, privateKey)),
    'malformed',
  );
});

for (const payload of ['', '{}', '[]', '{"a":1', '"text"']) {
  test(`${JSON.stringify(payload)} cannot be signed`, (t) => {
    t.is(
      problemOf(() => sign(Buffer.from(payload), KEYS.ES256)),
      'malformed',
    );
  });
}
