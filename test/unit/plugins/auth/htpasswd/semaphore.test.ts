import test from 'ava';
import { Semaphore } from '../../../../../plugins/auth/htpasswd/semaphore.ts';

/** Actions that run until the test ends them, in the order of their start. */
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
  const semaphore = new Semaphore({ maxRunning: 2, maxWaiting: 10 });
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => semaphore.run(action(name)));
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
  const semaphore = new Semaphore({ maxRunning: 1, maxWaiting: 1 });
  const first = semaphore.run(action('first'));
  const second = semaphore.run(action('second'));
  await t.throwsAsync(semaphore.run(action('third')), { code: 'TOOMANYREQUESTS' });
  end('first');
  await first;
  const fourth = semaphore.run(action('fourth'));
  end('second');
  await second;
  end('fourth');
  await fourth;
  t.deepEqual(started, ['first', 'second', 'fourth']);
});

test('an action that fails gives up its place', async (t) => {
  const { action, end, fail } = actions();
  const semaphore = new Semaphore({ maxRunning: 1, maxWaiting: 1 });
  const first = semaphore.run(action('first'));
  const second = semaphore.run(action('second'));
  fail('first');
  await t.throwsAsync(first, { message: 'first' });
  end('second');
  t.is(await second, 'second');
});
