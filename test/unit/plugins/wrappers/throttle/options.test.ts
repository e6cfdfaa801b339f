import test from 'ava';
import throttle from '../../../../../plugins/wrappers/throttle/index.ts';
import { problemsOf } from '../wrap.ts';
import { wrapperSuite } from '../wrapper-suite.ts';

// Limits that the suite never reaches, so that every byte and call passes through them without a wait.
wrapperSuite(throttle, async () => ({
  options: { callspersecond: 1e9, writecallspersecond: 1e9, bytespersecond: '1000TB', readbytespersecond: '1000TB' },
}));

for (const [options, problem] of [
  [{}, /must set at least one limit: callspersecond, .*writebytespersecond/],
  [{ maxwait: '5s' }, /must set at least one limit/],
  [{ callspersecond: 0 }, /^callspersecond: must be at least 0.1/],
  [{ readcallspersecond: '5' }, /^readcallspersecond: must be a number of calls a second, such as 500/],
  [{ writecallspersecond: -1 }, /^writecallspersecond: must be at least 0.1/],
  [{ bytespersecond: 'fast' }, /^bytespersecond: must be a size of at least 1024 such as/],
  [{ readbytespersecond: 0 }, /^readbytespersecond: must be a size of at least 1024/],
  [{ writebytespersecond: '10MiB/s' }, /^writebytespersecond: must be a size/],
  [{ readbytespersecond: '1023' }, /^readbytespersecond: must be a size of at least 1024/],
  [{ callspersecond: 5, maxwait: 'long' }, /^maxwait: must be a duration such as 30s/],
  [{ callsPerSecond: 5, callspersecond: 5 }, /callsPerSecond/],
] as const) {
  test(`the options ${JSON.stringify(options)} are refused by name`, async (t) => {
    t.regex((await problemsOf({ definition: throttle, options })).join(), problem);
  });
}

test('each limit is enough on its own', async (t) => {
  for (const options of [
    { callspersecond: 0.1 },
    { callspersecond: 5, maxwait: '0s' },
    { readbytespersecond: '10MiB' },
    { writecallspersecond: 100 },
  ]) {
    t.deepEqual(await problemsOf({ definition: throttle, options }), []);
  }
});
