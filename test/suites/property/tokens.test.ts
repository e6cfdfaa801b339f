import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { UploadState } from '../../../core/model/upload-state.ts';
import { HmacTokens } from '../../../plugins/tokens/hmac.ts';
import { formatUploadState, parseUploadState } from '../../../plugins/tokens/upload-state-json.ts';
import { settled } from './outcome.ts';
import { holds } from './property.ts';
import { anyText, nearly } from './texts.ts';
import { repositoryName, uploadId } from './vocabulary.ts';

const RUNS = 1500;
const state: fc.Arbitrary<UploadState> = fc.record(
  {
    name: repositoryName,
    uuid: uploadId,
    offset: fc.maxSafeNat(),
    startedAt: fc.date({
      min: new Date('0000-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59Z'),
      noInvalidDate: true,
    }),
  },
  { noNullPrototype: true },
);
const key = fc.uint8Array({ minLength: 1, maxLength: 40 });

holds('a token gives back the state that it was issued for, also after keys were rotated', RUNS, () =>
  fc.asyncProperty(state, key, fc.array(key, { maxLength: 2 }), async (given, first, others) => {
    const token = await new HmacTokens({ keys: [first] }).issue(given);
    assert.match(token, /^[A-Za-z0-9_-]+={0,2}$/);
    assert.equal(token.length % 4, 0);
    const [newest = first, ...older] = [...others, first];
    assert.deepEqual(await new HmacTokens({ keys: [newest, ...older] }).read(token), given);
  }),
);

holds('a token with one flipped bit is refused', RUNS, () =>
  fc.asyncProperty(state, key, fc.nat(), async (given, secret, place) => {
    const tokens = new HmacTokens({ keys: [secret] });
    const bytes = Buffer.from(await tokens.issue(given), 'base64url');
    const bit = place % (bytes.byteLength * 8);
    const at = bit >> 3;
    bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << (bit & 7)), at);
    assert.deepEqual(await settled(tokens.read(bytes.toString('base64url'))), { refused: 'BLOB_UPLOAD_INVALID' });
  }),
);

holds('a token that was changed, cut or made up is refused unless it means the same bytes', RUNS, () =>
  fc.asyncProperty(
    state.chain((given) => fc.tuple(fc.constant(given), key)),
    fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
    nearly(fc.constant('')),
    async ([given, secret], places, put) => {
      const tokens = new HmacTokens({ keys: [secret] });
      const token = await tokens.issue(given);
      const [from = 0, to = 0] = [...places.take(2)].map((place) => Math.floor(place * token.length));
      for (const changed of [token.slice(0, from) + put + token.slice(to), put, `${token}${put}`]) {
        const outcome = await settled(tokens.read(changed));
        const means = (text: string) => Buffer.from(text, 'base64url').toString('hex');
        if ('value' in outcome) assert.equal(means(changed), means(token));
        else assert.equal(outcome.refused, 'BLOB_UPLOAD_INVALID');
      }
    },
  ),
);

holds('a token of another secret is refused, and a stale one as soon as it is too old', RUNS, () =>
  fc.asyncProperty(state, key, key, fc.nat(), async (given, mine, theirs, age) => {
    // HMAC pads keys with zeros, so these are one key.
    const padded = (bytes: Uint8Array) =>
      Buffer.from(bytes)
        .toString('hex')
        .replace(/(?:00)+$/, '');
    fc.pre(padded(mine) !== padded(theirs));
    const token = await new HmacTokens({ keys: [mine] }).issue(given);
    assert.deepEqual(await settled(new HmacTokens({ keys: [theirs] }).read(token)), { refused: 'BLOB_UPLOAD_INVALID' });
    const aging = new HmacTokens({ keys: [mine], maxAgeMs: 1000, now: () => given.startedAt.getTime() + age });
    assert.equal('value' in (await settled(aging.read(token))), age <= 1000);
  }),
);

holds('the JSON of an upload reads back, with its keys in any order and unknown ones between', RUNS, () =>
  fc.property(state, fc.array(fc.tuple(anyText, fc.jsonValue()), { maxLength: 3 }), fc.nat(), (given, more, turn) => {
    const text = formatUploadState(given);
    assert.deepEqual(parseUploadState(text), given);
    const known = Object.entries(JSON.parse(text) as Record<string, unknown>);
    const turned = [...known.slice(turn % 4), ...known.slice(0, turn % 4)];
    const strange = more.filter(([name]) => !known.some(([other]) => other === name));
    assert.deepEqual(parseUploadState(JSON.stringify(Object.fromEntries([...strange, ...turned]))), given);
  }),
);

const field = fc.oneof(
  fc.jsonValue(),
  anyText,
  fc.constantFrom('app', 'x', 0, 7, '2026-01-01T00:00:00.123456789+02:00'),
);

holds('JSON that is not the state of an upload is an error, and a state that is accepted is sound', RUNS, () =>
  fc.property(
    fc.oneof(
      fc
        .record({ Name: field, UUID: field, Offset: field, StartedAt: field }, { requiredKeys: [] })
        .map((object) => JSON.stringify(object)),
      fc.json(),
      nearly(state.map(formatUploadState)),
    ),
    (text) => {
      let parsed: UploadState;
      try {
        parsed = parseUploadState(text);
      } catch (error) {
        assert.ok(error instanceof Error);
        return;
      }
      assert.ok(Number.isSafeInteger(parsed.offset) && parsed.offset >= 0);
      assert.ok(!Number.isNaN(parsed.startedAt.getTime()));
      assert.match(parsed.name, /^[a-z0-9/._-]+$/);
      assert.match(parsed.uuid, /^[A-Za-z0-9._-]+$/);
    },
  ),
);
