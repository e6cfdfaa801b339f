import { setImmediate as nextTurn } from 'node:timers/promises';
import test from 'ava';
import { EventDispatch } from '../../../../core/events/event-dispatch.ts';
import { NotifyingRegistry } from '../../../../core/events/notifying-registry.ts';
import { parseReference, parseRepositoryName } from '../../../../core/model/reference.ts';
import type { EventSink, RegistryEvent } from '../../../../core/ports/event-sink.ts';
import type { Logger } from '../../../../core/ports/logger.ts';
import { artifact } from '../../../helpers/content/artifacts.ts';
import { memoryRegistry } from '../../../helpers/core/memory-registry.ts';

function eventOf(id: string): RegistryEvent {
  return {
    id,
    at: new Date(0),
    action: 'push',
    target: 'blob',
    repository: parseRepositoryName('a/b'),
    digest: undefined,
    tag: undefined,
    mediaType: undefined,
    size: undefined,
    fromRepository: undefined,
    user: undefined,
    method: 'PUT',
    requestId: `request of ${id}`,
  };
}

interface Line {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

function logInto(lines: Line[]): Logger {
  const nothing = (): void => undefined;
  return {
    debug: nothing,
    info: nothing,
    error: nothing,
    warn: (fields, message) => void lines.push({ fields, message }),
  };
}

/** A sink that takes one event each time the test allows it. */
class SteppedSink implements EventSink {
  readonly taken: string[] = [];
  signal: AbortSignal | undefined;
  #step = Promise.withResolvers<void>();

  async handle({ id }: RegistryEvent, signal: AbortSignal): Promise<void> {
    this.signal = signal;
    await this.#step.promise;
    this.#step = Promise.withResolvers();
    this.taken.push(id);
  }

  async step(): Promise<void> {
    this.#step.resolve();
    await nextTurn();
  }
}

test('every sink gets every event in order, and a slow one holds up neither the others nor the reporter', async (t) => {
  const slow = new SteppedSink();
  const quick: string[] = [];
  const log = logInto([]);
  const dispatch = new EventDispatch([slow, { handle: async ({ id }) => void quick.push(id) }], { log });
  for (const id of ['1', '2', '3']) dispatch.publish(eventOf(id));
  t.deepEqual(quick, [], 'nothing runs in the turn of the reporter');
  await nextTurn();
  t.deepEqual(quick, ['1', '2', '3']);
  t.deepEqual(slow.taken, []);
  for (let step = 0; step < 3; step++) await slow.step();
  t.deepEqual(slow.taken, ['1', '2', '3']);
});

test('a sink that throws or rejects is logged, and gets the next event', async (t) => {
  const lines: Line[] = [];
  const taken: string[] = [];
  const sink: EventSink = {
    handle: ({ id }) => {
      taken.push(id);
      if (id === '1') throw new Error('thrown');
      return id === '2' ? Promise.reject(new Error('rejected')) : Promise.resolve();
    },
  };
  const dispatch = new EventDispatch([sink], { log: logInto(lines) });
  for (const id of ['1', '2', '3']) dispatch.publish(eventOf(id));
  await nextTurn();
  t.deepEqual(taken, ['1', '2', '3']);
  t.deepEqual(
    lines.map(({ fields, message }) => [message, fields['requestId'], String(fields['err'])]),
    [
      ['an event sink failed', 'request of 1', 'Error: thrown'],
      ['an event sink failed', 'request of 2', 'Error: rejected'],
    ],
  );
});

test('a full queue drops new events, says so once, and reports their number when it is half empty', async (t) => {
  const lines: Line[] = [];
  const sink = new SteppedSink();
  const dispatch = new EventDispatch([sink], { log: logInto(lines), maxEvents: 4 });
  for (const id of ['1', '2', '3', '4', '5', '6', '7']) dispatch.publish(eventOf(id));
  t.deepEqual(lines, [
    { fields: { waiting: 4 }, message: 'events are dropped: an event sink is slower than the registry' },
  ]);
  await nextTurn();
  await sink.step();
  t.is(lines.length, 1);
  await sink.step();
  t.deepEqual(lines.slice(1), [{ fields: { dropped: 3 }, message: 'events were dropped' }]);
  dispatch.publish(eventOf('8'));
  for (let step = 0; step < 3; step++) await sink.step();
  t.deepEqual(sink.taken, ['1', '2', '3', '4', '8']);
});

test('the end waits for queued events', async (t) => {
  const lines: Line[] = [];
  const sink = new SteppedSink();
  const dispatch = new EventDispatch([sink], { log: logInto(lines) });
  dispatch.publish(eventOf('1'));
  dispatch.publish(eventOf('2'));
  await nextTurn();
  const ended = dispatch[Symbol.asyncDispose]();
  await sink.step();
  t.false(sink.signal?.aborted);
  await sink.step();
  await ended;
  t.deepEqual(sink.taken, ['1', '2']);
  t.deepEqual(lines, []);
});

test('the end does not wait forever: the sink gets an abort, and the lost events are counted', async (t) => {
  const lines: Line[] = [];
  let gaveUp: AbortSignal | undefined;
  const sink: EventSink = {
    handle: (_, signal) => {
      gaveUp = signal;
      return new Promise(() => undefined);
    },
  };
  const dispatch = new EventDispatch([sink], { log: logInto(lines), flushMs: 1 });
  dispatch.publish(eventOf('1'));
  dispatch.publish(eventOf('2'));
  await dispatch[Symbol.asyncDispose]();
  t.true(gaveUp?.aborted);
  t.deepEqual(lines, [
    { fields: { lost: 2 }, message: 'events were lost: an event sink did not take them before the registry stopped' },
  ]);
  dispatch.publish(eventOf('3'));
  t.is(lines.length, 2, 'what comes too late is dropped');
});

test('without sinks there are no listeners, and the end comes at once', async (t) => {
  const dispatch = new EventDispatch([], { log: logInto([]) });
  t.false(dispatch.hasSinks);
  dispatch.publish(eventOf('1'));
  await dispatch[Symbol.asyncDispose]();
});

test('a sink that reads the registry in answer to an event is not told of its own reads', async (t) => {
  const dispatch: EventDispatch = new EventDispatch([{ handle: read }], { log: logInto([]) });
  const inner = memoryRegistry();
  const registry = new NotifyingRegistry(inner, dispatch);
  const name = parseRepositoryName('app');
  const { body, type } = artifact();
  await inner.manifests.put(name, parseReference('v1'), { bytes: Buffer.from(body), contentType: type });
  const taken: string[] = [];
  const later = Promise.withResolvers<void>();
  async function read({ action }: RegistryEvent): Promise<void> {
    taken.push(action);
    // Without an end, the test could not fail.
    if (taken.length > 5) return;
    await registry.manifests.get(name, parseReference('v1'));
    setImmediate(() => void registry.manifests.get(name, parseReference('v1')).then(() => later.resolve()));
  }
  await registry.manifests.get(name, parseReference('v1'));
  await later.promise;
  await registry.manifests.get(name, parseReference('v1'));
  await dispatch[Symbol.asyncDispose]();
  t.deepEqual(taken, ['pull', 'pull'], 'only what was read from outside');
});

test('requests and timers have their turn while a sink takes many events without a turn of its own', async (t) => {
  let taken = 0;
  const dispatch = new EventDispatch([{ handle: async () => void (taken += 1) }], { log: logInto([]) });
  for (let id = 0; id < 1000; id++) dispatch.publish(eventOf(String(id)));
  await nextTurn();
  t.true(taken > 0 && taken < 1000, String(taken));
  await dispatch[Symbol.asyncDispose]();
  t.is(taken, 1000);
});
