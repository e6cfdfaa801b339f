import type { ExecutionContext } from 'ava';
import { parseRepositoryName, parseUploadId } from '../../../../core/model/reference.ts';
import { UploadRangeError, type UploadState } from '../../../../core/model/upload-state.ts';
import type { TokenProvider } from '../../../../core/ports/token-provider.ts';

/** Two providers as instances of one registry would have, and one of an unrelated registry. */
export interface TokenRig {
  readonly here: TokenProvider;
  readonly there: TokenProvider;
  readonly elsewhere: TokenProvider;
  /** Makes all uploads that have begun so far too old. */
  readonly grow: () => Promise<void>;
  /**
   * Whether a token that is not the last one is refused; otherwise it states the old offset, which the storage refuses.
   */
  readonly knowsLast: boolean;
}

type MakeRig = (t: ExecutionContext) => Promise<TokenRig>;
type Declare = (title: string, implementation: (t: ExecutionContext) => Promise<unknown>) => void;

export function stateOf(
  name: string,
  uuid: string,
  offset: number,
  startedAt = '2024-05-06T07:08:09.123Z',
): UploadState {
  return { name: parseRepositoryName(name), uuid: parseUploadId(uuid), offset, startedAt: new Date(startedAt) };
}

export const STATES = [
  stateOf('hello', 'abcd-1234-qwer-0987', 0),
  stateOf('hello-world', 'abcd-1234-qwer-0987', 0),
  stateOf('h3ll0_w0rld', 'abcd-1234-qwer-0987', 1337),
  stateOf('a/b.c/d__e/f--g', '01890a5d-ac96-774b-bcce-b302099a8057', 1234567890),
  stateOf('x', 'a.b_c-D', Number.MAX_SAFE_INTEGER, '1970-01-01T00:00:00.000Z'),
  { ...stateOf('with/algorithm', 'abcd-1234-qwer-0987', 0), algorithm: 'sha512' },
] as const;

/** Declares the tests of every token provider. */
export function tokenCases(test: Declare, makeRig: MakeRig): void {
  for (const state of STATES) {
    test(`any instance reads the state of ${state.name} at ${state.offset} from a token`, async (t) => {
      const { here, there } = await makeRig(t);
      const token = await here.issue(state);
      t.regex(token, /^[A-Za-z0-9_=-]+$/);
      t.deepEqual(await here.read(token), state);
      t.deepEqual(await there.read(token), state);
    });
  }
  forgeryCases(test, makeRig);
  ageCases(test, makeRig);
}

function forgeryCases(test: Declare, makeRig: MakeRig): void {
  test('a token of another registry is refused, and the refusal says what to do', async (t) => {
    const { here, elsewhere } = await makeRig(t);
    const error = await refused(t, here.read(await elsewhere.issue(STATES[0])));
    t.regex(String(error.message), /http\.secret|request the status of the upload, or start it again/);
  });

  test('a token with any one character changed, or cut short anywhere, is refused', async (t) => {
    const { here } = await makeRig(t);
    const token = await unpadded(here);
    for (let index = 0; index < token.length; index++) {
      const other = token[index] === 'A' ? 'B' : 'A';
      await refused(t, here.read(`${token.slice(0, index)}${other}${token.slice(index + 1)}`));
      await refused(t, here.read(token.slice(0, index)));
    }
    await t.notThrowsAsync(here.read(token));
  });

  test('a text that never was a token is refused', async (t) => {
    const { here } = await makeRig(t);
    for (const text of ['', 'x', '!!!!', '\0', '日本語', 'A'.repeat(56), 'A'.repeat(64), 'A'.repeat(100_000)]) {
      await refused(t, here.read(text));
    }
  });

  test('a token names its repository and upload, so that no other one accepts it', async (t) => {
    const { here } = await makeRig(t);
    const states = [stateOf('a', 'u', 5), stateOf('b', 'u', 5), stateOf('a', 'v', 5)];
    const tokens = await Promise.all(states.map((state) => here.issue(state)));
    t.is(new Set(tokens).size, states.length);
    t.deepEqual(await Promise.all(tokens.map((token) => here.read(token))), states);
  });
}

function ageCases(test: Declare, makeRig: MakeRig): void {
  test('a token of an upload that was begun too long ago is refused', async (t) => {
    const { here, there, grow } = await makeRig(t);
    const token = await here.issue(STATES[2]);
    await grow();
    const error = await refused(t, there.read(token));
    t.regex(error.message, /too long ago: start it again/);
  });

  test('a replayed token never says more than when it was issued', async (t) => {
    const { here, there, knowsLast } = await makeRig(t);
    const old = await here.issue(stateOf('a', 'u', 5));
    await there.issue(stateOf('a', 'u', 9));
    if (!knowsLast) {
      t.is((await here.read(old)).offset, 5);
      return;
    }
    const error = await t.throwsAsync(here.read(old), { instanceOf: UploadRangeError });
    t.is(error.state.offset, 9);
    t.deepEqual(error.detail, { reason: 'the upload has advanced since this location was issued', given: 5, size: 9 });
  });

  test('when the storage has lost bytes, the location with the lower offset is accepted', async (t) => {
    const { here, there } = await makeRig(t);
    await here.issue(stateOf('a', 'u', 9));
    const token = await here.issue(stateOf('a', 'u', 5));
    t.is((await there.read(token)).offset, 5);
  });

  test('tokens that are issued and read at the same time do not mix', async (t) => {
    const { here, there } = await makeRig(t);
    const states = Array.from({ length: 200 }, (_, index) => stateOf(`repo/${index % 7}`, `u${index}`, index));
    const read = await Promise.all(
      states.map(async (state, index) =>
        (index % 2 ? here : there).read(await (index % 3 ? here : there).issue(state)),
      ),
    );
    t.deepEqual(read, states);
  });
}

async function refused(t: ExecutionContext, reading: Promise<unknown>): Promise<Error> {
  return t.throwsAsync(reading, { code: 'BLOB_UPLOAD_INVALID' });
}

// Padding, and the bits before it, may be changed without changing what the token says.
async function unpadded(tokens: TokenProvider): Promise<string> {
  for (const uuid of ['u', 'uu', 'uuu']) {
    const token = await tokens.issue(stateOf('a/b', uuid, 5));
    if (!token.endsWith('=')) return token;
  }
  throw new Error('every token is padded');
}
