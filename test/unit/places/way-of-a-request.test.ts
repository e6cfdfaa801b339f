import { sep } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { MemoryDriver } from '../../../drivers/memory/memory-driver.ts';
import { composeCore } from '../../helpers/core/core-parts.ts';
import { type CallSite, DriverWrapper } from '../../helpers/drivers/driver-wrapper.ts';
import { serveRegistry } from '../../helpers/http/serve-registry.ts';
import type { Registry } from '../../helpers/http/with-registry.ts';

// By default, Node keeps only the ten innermost functions.
Error.stackTraceLimit = Number.POSITIVE_INFINITY;

/** A call of the driver, and the files whose functions wait for it: from the driver up to the handler of the route. */
interface TracedCall extends CallSite {
  readonly files: readonly string[];
}

/** Keeps the stack of every call across each `await`. Functions that pass a promise on without waiting are not in it. */
class TracingDriver extends DriverWrapper {
  readonly calls: TracedCall[] = [];

  protected override around<Result>(site: CallSite, action: () => Promise<Result>): Promise<Result> {
    this.calls.push({ ...site, files: filesIn(new Error('to see its stack').stack ?? '') });
    return action();
  }
}

function filesIn(stack: string): string[] {
  const pattern = /[/\\]((?:core|plugins|server)[/\\][^:()]*)\.[jt]s:/g;
  const files = Array.from(stack.matchAll(pattern), ([, file = '']) => file.replaceAll(sep, '/'));
  const handler = files.findIndex((file) => file.startsWith('server/routes/'));
  return files.slice(0, handler + 1);
}

interface Traced {
  readonly registry: Registry;
  /** The calls of the driver that a request makes. */
  readonly callsOf: (act: () => Promise<unknown>) => Promise<TracedCall[]>;
}

async function traced(t: ExecutionContext): Promise<Traced> {
  const driver = new TracingDriver(new MemoryDriver());
  const registry = await serveRegistry(t, composeCore(driver).registry);
  const callsOf = async (act: () => Promise<unknown>): Promise<TracedCall[]> => {
    driver.calls.length = 0;
    await act();
    return [...driver.calls];
  };
  return { registry, callsOf };
}

/** From the driver up. `server/http` stands between a handler and the registry, where a body is read or sent. */
const FLOORS = ['core/driver/', 'core/storage/', 'core/registry/', 'server/http/', 'server/routes/'];

function floorsOf({ files }: TracedCall): number[] {
  return files.map((file) => FLOORS.findIndex((floor) => file.startsWith(floor)));
}

function assertOneWay(t: ExecutionContext, call: TracedCall): void {
  const floors = floorsOf(call);
  t.is(floors.at(-1), FLOORS.length - 1, 'the stack does not reach the route');
  t.deepEqual(
    floors,
    floors.toSorted((a, b) => a - b),
    `${call.call}: ${call.files.join(' ← ')}`,
  );
}

const MAX_FILES_BETWEEN = 8;

test('a PATCH passes at most eight files between its route and each call of the driver, and never turns back', async (t) => {
  const { registry, callsOf } = await traced(t);
  const location = await registry.sendChunk(await registry.startUpload('a'), 'one');
  const calls = await callsOf(() => registry.sendChunk(location, 'two'));
  t.deepEqual(
    calls.map(({ call }) => call).filter((call) => call === 'append'),
    ['append'],
  );
  for (const call of calls) {
    assertOneWay(t, call);
    const between = new Set(call.files.slice(0, -1));
    t.true(between.size <= MAX_FILES_BETWEEN, [...between].join(' ← '));
  }
});

test('a GET of a blob goes down once: it asks for the link, the size and the bytes, each once', async (t) => {
  const { registry, callsOf } = await traced(t);
  const digest = await registry.pushBlob('a', 'bytes');
  const calls = await callsOf(() => registry.ask('GET', `/v2/a/blobs/${digest}`));
  t.deepEqual(
    calls.map(({ call, path }) => `${call} ${path.slice(path.lastIndexOf('/') + 1)}`),
    ['read link', 'stat data', 'read data'],
  );
  for (const call of calls) assertOneWay(t, call);
});
