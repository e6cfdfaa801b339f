import { once } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';

/** A received event. */
export interface ReceivedEvent {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The events of an answer, as they come; its end ends them. */
export async function* receivedEvents(request: ClientRequest): AsyncGenerator<ReceivedEvent> {
  const [message] = (await once(request, 'response')) as [IncomingMessage];
  if (message.statusCode !== 200) throw new Error(`the answer has the status ${message.statusCode}`);
  let event = '';
  for await (const line of createInterface({ input: message })) {
    if (line.startsWith('event: ')) event = line.slice('event: '.length);
    if (line.startsWith('data: '))
      yield { event, data: JSON.parse(line.slice('data: '.length)) as ReceivedEvent['data'] };
  }
}

/** The events that are left, when they have ended. */
export async function allOf(events: AsyncIterable<ReceivedEvent>): Promise<ReceivedEvent[]> {
  const all: ReceivedEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}
