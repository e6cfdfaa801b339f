import { type Command, Redis } from 'ioredis';

/** What a server says to a client that it does not want, before it hangs up: why, and then at length what to do. */
const DENIED = /^DENIED ([^.]*)/;

/**
 * A client that tells why a server does not want it, as an event `error`. ioredis finds the words "no password is set" in
 * what a server in protected mode says, takes them for a password too many, prints so, and goes on.
 */
export class AclAwareClient extends Redis {
  override sendCommand(command: Command, ...more: [stream?: Parameters<Redis['sendCommand']>[1]]): unknown {
    if (this.status !== 'ready') {
      const { reject } = command;
      command.reject = (error) => {
        const reason = DENIED.exec(error.message)?.[1];
        if (reason === undefined) return reject(error);
        this.emit('error', new Error(reason));
        reject(new Error('access denied'));
      };
    }
    return super.sendCommand(command, ...more);
  }
}
