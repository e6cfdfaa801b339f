/** A message between two processes; survives JSON. */
interface Message {
  readonly stowage: 'ask' | 'answer' | 'failure';
  readonly id: number;
  readonly subject: string;
  readonly text: string;
}

/** Answers a request of the other side; an error is returned as its message. */
export type Answerer = (text: string) => string | Promise<string>;

/** The other side has ended, or answered with an error. */
export class ChannelError extends Error {
  override readonly name = 'ChannelError';
}

/**
 * Requests and responses between two processes that can send messages to each other. Both sides may send requests at
 * any time; responses arrive in any order. Other messages on the same connection are ignored.
 */
export class Channel {
  readonly #send: (message: object) => void;
  readonly #answerers = new Map<string, Answerer>();
  readonly #waiting = new Map<number, { resolve: (text: string) => void; reject: (error: Error) => void }>();
  #lastId = 0;
  #isClosed = false;

  /** @param send must not throw; `close` settles requests that cannot be sent */
  constructor(send: (message: object) => void) {
    this.#send = send;
  }

  /** Sets the handler for requests on this subject. */
  answer(subject: string, answerer: Answerer): void {
    this.#answerers.set(subject, answerer);
  }

  /** @throws ChannelError when the other side ends before it responds, responds with an error, or does not respond */
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

  /** Handles a message from the connection. */
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

  /** Call this when the other side has ended: every pending request fails. */
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
