import { Readable } from 'node:stream';
import test from 'ava';
import {
  type DriverCapabilities,
  ForwardingDriver,
  parseStoragePath,
  type ReadStream,
  type StorageDriver,
} from '../../../../core/driver/index.ts';
import { stubDriver, stubWriter } from '../../../helpers/drivers/stub-driver.ts';

const FROM = parseStoragePath('/from');
const TO = parseStoragePath('/to');
const CAN_REDIRECT: DriverCapabilities = { ...stubDriver().capabilities, redirect: true };

/** A driver with every member of the contract, and the arguments of its calls. A new member is required here. */
function fullDriver(): { readonly driver: Required<StorageDriver>; readonly given: unknown[][] } {
  const given: unknown[][] = [];
  const note =
    <Result>(call: string, result: Result) =>
    (...args: unknown[]): Result => {
      given.push([call, ...args]);
      return result;
    };
  const driver: Required<StorageDriver> = {
    name: 'full',
    capabilities: CAN_REDIRECT,
    stat: note('stat', Promise.resolve(undefined)),
    read: note('read', Promise.resolve(Readable.from([]))),
    peek: note('peek', Buffer.from('peeked')),
    write: note('write', Promise.resolve()),
    openWriter: note('openWriter', Promise.resolve(stubWriter())),
    list: note('list', Readable.from([])),
    move: note('move', Promise.resolve()),
    delete: note('delete', Promise.resolve()),
    prune: note('prune', Promise.resolve()),
    check: note('check', Promise.resolve()),
    redirectUrl: note('redirectUrl', Promise.resolve(new URL('https://cdn.example.com/from'))),
    [Symbol.asyncDispose]: note('dispose', Promise.resolve()),
  };
  return { driver, given };
}

/** Returns nothing of the inner driver's content. */
class HiddenReads extends ForwardingDriver {
  override async read(): Promise<ReadStream> {
    return Readable.from([]);
  }
}

test('every member of the contract reaches the inner driver with all that the call was given', async (t) => {
  const { driver, given } = fullDriver();
  const forwarding = new ForwardingDriver(driver);
  const signal = AbortSignal.timeout(60_000);
  const calls = [
    ['stat', FROM, { signal, uncommitted: true }],
    ['read', FROM, { signal, start: 1, end: 2 }],
    ['peek', FROM],
    ['write', FROM, Buffer.from('x'), { signal, durable: false }],
    ['openWriter', FROM, { signal, append: true, upTo: 3 }],
    ['list', FROM, { signal, after: 'a' }],
    ['prune', FROM, { signal }],
    ['move', FROM, TO, { signal }],
    ['delete', FROM, { signal, durable: false }],
    ['check', [FROM, TO], { signal, writes: true }],
    ['redirectUrl', FROM, { signal, method: 'HEAD', expiresInMs: 5 }],
  ] as const;
  for (const [call, ...args] of calls) {
    const method = Reflect.get(forwarding, call) as () => unknown;
    await Reflect.apply(method, forwarding, args);
  }
  await forwarding[Symbol.asyncDispose]();
  t.deepEqual(given, [...calls.map((call) => [...call]), ['dispose']]);
  t.deepEqual([forwarding.name, forwarding.capabilities], [driver.name, driver.capabilities]);
  t.deepEqual(
    Reflect.ownKeys(driver).filter((member) => !(member in forwarding)),
    [],
  );
});

test('members that the inner driver lacks are lacking', (t) => {
  const { check, peek, redirectUrl } = new ForwardingDriver(stubDriver());
  t.deepEqual([check, peek, redirectUrl], [undefined, undefined, undefined]);
});

test('URLs follow the capability, whatever the inner driver offers', async (t) => {
  const { driver, given } = fullDriver();
  t.is(new ForwardingDriver(driver, { redirect: false }).redirectUrl, undefined);
  const claiming = new ForwardingDriver(stubDriver(), { redirect: true });
  t.is(await claiming.redirectUrl?.(FROM, { method: 'GET', expiresInMs: 1 }), undefined);
  t.deepEqual(given, []);
});

test('a wrapper that changes reads offers no way around them', (t) => {
  const { driver } = fullDriver();
  t.is(new HiddenReads(driver).peek, undefined);
});

test('a wrapper that changes reads by a field offers no way around them either', (t) => {
  class HiddenByField extends ForwardingDriver {
    override read = async (): Promise<ReadStream> => Readable.from([]);
  }
  const { driver, given } = fullDriver();
  t.is(new HiddenByField(driver).peek?.(FROM), undefined);
  t.deepEqual(given, []);
});

test('fields that answer for optional members are asked', async (t) => {
  class ByFields extends ForwardingDriver {
    protected override urlFor = async (): Promise<URL> => new URL('https://field.example.com');
    protected override checkFolders = async (): Promise<void> => {
      throw new Error('checked by a field');
    };
  }
  const wrapper = new ByFields(fullDriver().driver);
  t.is((await wrapper.redirectUrl?.(FROM, { method: 'GET', expiresInMs: 1 }))?.host, 'field.example.com');
  await t.throwsAsync(async () => wrapper.check?.([]), { message: 'checked by a field' });
});

test('an optional member that a subclass in JavaScript defines as a method takes precedence', async (t) => {
  // Only JavaScript can do so: TypeScript refuses a method in the place of a property.
  const inJavaScript = class extends (ForwardingDriver as unknown as new (inner: StorageDriver) => object) {
    peek(): Uint8Array {
      return Buffer.from('own');
    }
    async check(): Promise<string> {
      return 'own';
    }
    async redirectUrl(): Promise<string> {
      return 'own';
    }
  };
  const { driver, given } = fullDriver();
  const wrapper = new inJavaScript(driver);
  t.is(String(wrapper.peek()), 'own');
  t.deepEqual([await wrapper.check(), await wrapper.redirectUrl()], ['own', 'own']);
  t.deepEqual(given, []);
});
