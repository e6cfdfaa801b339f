import test from 'ava';
import { Channel, ChannelError } from '../../../../../plugins/coordination/process/channel.ts';
import { joinedChannels } from '../../../../helpers/processes/joined-channels.ts';

test('a request is answered by the other side, in both directions', async (t) => {
  const [left, right] = joinedChannels();
  left.answer('twice', (text) => text + text);
  right.answer('length', async (text) => String(text.length));
  t.is(await right.ask('twice', 'ab'), 'abab');
  t.is(await left.ask('length', 'abc'), '3');
});

test('answers are matched with their requests, in whatever order they arrive', async (t) => {
  const [left, right] = joinedChannels();
  const release = Promise.withResolvers<void>();
  right.answer('wait', async (text) => {
    if (text === 'first') await release.promise;
    return text;
  });
  const first = left.ask('wait', 'first');
  t.is(await left.ask('wait', 'second'), 'second');
  release.resolve();
  t.is(await first, 'first');
});

test('an error on the other side is thrown on this one', async (t) => {
  const [left, right] = joinedChannels();
  right.answer('fail', () => {
    throw new Error('the disk is gone');
  });
  await t.throwsAsync(left.ask('fail', ''), { instanceOf: ChannelError, message: 'the disk is gone' });
});

test('a request without a handler is refused', async (t) => {
  const [left] = joinedChannels();
  await t.throwsAsync(left.ask('unheard', ''), { instanceOf: ChannelError, message: /nobody answers "unheard"/ });
});

test('closing refuses pending and later requests', async (t) => {
  const [left, right] = joinedChannels();
  right.answer('never', () => new Promise<string>(() => undefined));
  const before = left.ask('never', '');
  left.close();
  await t.throwsAsync(before, { instanceOf: ChannelError });
  await t.throwsAsync(left.ask('never', ''), { instanceOf: ChannelError });
});

test('messages of others on the channel are left alone', (t) => {
  const sent: object[] = [];
  const channel = new Channel((message) => void sent.push(message));
  for (const foreign of [undefined, null, 'text', 7, {}, { cmd: 'NODE_CLUSTER' }]) channel.receive(foreign);
  t.deepEqual(sent, []);
});
