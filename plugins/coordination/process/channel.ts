/** What passes between two processes; survives JSON. */
interface Message {
  readonly stowage: 'ask' | 'answer' | 'failure';
  readonly id: number;
  readonly subject: string;
  readonly text: string;
}

/** Answers what the other side asks; an error goes back as its message. */
export type Answerer = (text: string) => string | Promise<string>;

/** The other side has ended, or answered with an error. */
export class ChannelError extends Error {
  override readonly name = 'ChannelError';
}

/**
 * Questions and answers between two processes that can send messages to each other. Both sides may ask at any time;
 * answers come in any order. Messages of others on the same line are left alone.
 */
export class Channel {
  readonly #send: (message: object) => void;
  readonly #answerers = new Map<string, Answerer>();
  readonly #waiting = new Map<number, { resolve: (text: string) => void; reject: (error: Error) => void }>();
  #lastId = 0;
  #isClosed = false;

  /** @param send must not throw; what cannot be sent is settled by `close` */
  constructor(send: (message: object) => void) {
    this.#send = send;
  }

  /** From now on questions on this subject are answered so. */
  answer(subject: string, answerer: Answerer): void {
    this.#answerers.set(subject, answerer);
  }

  /** @throws ChannelError when the other side ends before it has answered, answers with an error, or not at all */
  ask(subject: string, text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) {
        reject(new ChannelError('the other process has ended'));
        return;
      }
      this.#lastId += 1;
      this.#waiting.set(this.#lastId, { resolve, reject });
      this.#post({ stowage: 'ask', id: this.#lastId, subject, text });
    });
  }

  /** Takes a message from the line. */
  receive(message: unknown): void {
    if (!isMessage(message)) return;
    if (message.stowage === 'ask') {
      void this.#reply(message);
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.stowage === 'answer') waiting?.resolve(message.text);
    else waiting?.reject(new ChannelError(message.text));
  }

  /** The other side has ended: nothing that was asked will be answered. */
  close(): void {
    this.#isClosed = true;
    for (const { reject } of this.#waiting.values()) reject(new ChannelError('the other process has ended'));
    this.#waiting.clear();
  }

  async #reply({ id, subject, text }: Message): Promise<void> {
    try {
      const answerer = this.#answerers.get(subject);
      if (answerer === undefined) throw new ChannelError(`nobody answers "${subject}" here`);
      this.#post({ stowage: 'answer', id, subject, text: await answerer(text) });
    } catch (error) {
      this.#post({ stowage: 'failure', id, subject, text: error instanceof Error ? error.message : String(error) });
    }
  }

  #post(message: Message): void {
    if (!this.#isClosed) this.#send(message);
  }
}

function isMessage(value: unknown): value is Message {
  return typeof value === 'object' && value !== null && 'stowage' in value;
}
