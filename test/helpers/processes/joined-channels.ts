import { Channel } from '../../../plugins/coordination/process/channel.ts';

/** Two ends of one line; messages pass through JSON and arrive in a later turn, as between processes. */
export function joinedChannels(): [Channel, Channel] {
  const left: Channel = new Channel((message) => deliver(message, () => right));
  const right: Channel = new Channel((message) => deliver(message, () => left));
  return [left, right];
}

function deliver(message: object, to: () => Channel): void {
  const text = JSON.stringify(message);
  setImmediate(() => to().receive(JSON.parse(text)));
}
