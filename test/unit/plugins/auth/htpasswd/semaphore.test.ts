import test from 'ava';
import { Gate } from '../../../../../plugins/auth/htpasswd/semaphore.ts';

/** Actions that run until they are told to end, in the order of their start. */
function actions() {
  const started: string[] = [];
  const enders = new Map<string, PromiseWithResolvers<string>>();
  const action = (name: string) => () => {
    started.push(name);
    const ender = Promise.withResolvers<string>();
    enders.set(name, ender);
    return ender.promise;
  };
  const end = (name: string) => enders.get(name)?.resolve(name);
  const fail = (name: string) => enders.get(name)?.reject(new Error(name));
  return { started, action, end, fail };
}

test('as many run as may, the others wait and follow in their order', async (t) => {
  const { started, action, end } = actions();
  const gate = new Gate({ maxRunning: 2, maxWaiting: 10 });
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => gate.run(action(name)));
  t.deepEqual(started, ['a', 'b']);
  end('b');
  t.is(await b, 'b');
  t.deepEqual(started, ['a', 'b', 'c']);
  end('a');
  t.is(await a, 'a');
  t.deepEqual(started, ['a', 'b', 'c', 'd']);
  end('d');
  end('c');
  t.deepEqual(await Promise.all([c, d]), ['c', 'd']);
});

test('who comes when too many wait is refused at once and not run', async (t) => {
  const { started, action, end } = actions();
  const gate = new Gate({ maxRunning: 1, maxWaiting: 1 });
  const first = gate.run(action('first'));
  const second = gate.run(action('second'));
  await t.throwsAsync(gate.run(action('third')), { code: 'TOOMANYREQUESTS' });
  end('first');
  await first;
  const fourth = gate.run(action('fourth'));
  end('second');
  await second;
  end('fourth');
  await fourth;
  t.deepEqual(started, ['first', 'second', 'fourth']);
});

test('an action that fails gives up its place', async (t) => {
  const { action, end, fail } = actions();
  const gate = new Gate({ maxRunning: 1, maxWaiting: 1 });
  const first = gate.run(action('first'));
  const second = gate.run(action('second'));
  fail('first');
  await t.throwsAsync(first, { message: 'first' });
  end('second');
  t.is(await second, 'second');
});
