import { type Command, Redis } from 'ioredis';

/**
 * The error that a server sends to a client it rejects before it closes the connection: the reason, then long
 * instructions.
 */
const DENIED = /^DENIED ([^.]*)/;

/**
 * A client that emits `error` with the reason when a server rejects it. ioredis finds the words "no password is set" in
 * the message of a server in protected mode, mistakes them for a superfluous password, prints a warning and continues.
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
