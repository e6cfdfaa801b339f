import test from 'ava';
import { Backoff } from '../../../../client/http/backoff.ts';
import { type BrokenRead, ReadPatience } from '../../../../client/http/read-patience.ts';
import { TransferError } from '../../../../client/http/transfer-error.ts';

const REQUEST = { method: 'GET', url: 'http://127.0.0.1/' };
const MEGABYTE = 1024 * 1024;

/** After how many broken answers the rest is given up, of at most 500, and whether for good. */
async function givenUp(read: BrokenRead): Promise<{ after: number; isFinal: boolean } | undefined> {
  const patience = new ReadPatience(new Backoff({ baseDelayMs: 0 }));
  for (let after = 1; after <= 500; after += 1) {
    const error = new TransferError('cut', REQUEST, 'the connection broke');
    try {
      await patience.waitAfter(error, read, new AbortController().signal);
    } catch (last) {
      return { after, isFinal: !(last as TransferError).isTransient };
    }
  }
  return undefined;
}

test('answers that bring enough are borne without end', async (t) => {
  t.is(await givenUp({ bytes: MEGABYTE, repeated: 0 }), undefined);
});

test('answers that bring more bytes again than new ones are given up for good', async (t) => {
  t.deepEqual(await givenUp({ bytes: MEGABYTE, repeated: 2 * MEGABYTE }), { after: 100, isFinal: true });
  t.deepEqual(await givenUp({ bytes: 10, repeated: 0 }), { after: 100, isFinal: true });
});

test('answers that bring nothing are borne as often as other requests', async (t) => {
  t.deepEqual(await givenUp({ bytes: 0, repeated: 0 }), { after: 5, isFinal: false });
});
