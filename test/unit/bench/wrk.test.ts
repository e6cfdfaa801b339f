import test from 'ava';
import { parseWrk } from '../../../bench/load/wrk.ts';

const REPORT = `Running 3s test @ http://127.0.0.1:5000/v2/
  1 threads and 16 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   788.13us  412.43us  12.90ms   95.01%
    Req/Sec    20.65k     2.03k   23.00k    80.65%
  Latency Distribution
     50%  500.00us
     75%    0.86ms
     90%    1.02ms
     99%    2.10s
  63612 requests in 3.10s, 1.50MB read
Requests/sec:  20520.37
Transfer/sec:      3.46MB
`;

test('the report of wrk is read in milliseconds, seconds and bytes', (t) => {
  t.deepEqual(parseWrk(REPORT), { count: 63612, bytes: 1.5 * 1024 ** 2, seconds: 3.1, p50Ms: 0.5, p99Ms: 2100 });
});

test('failed answers fail the run instead of counting as fast ones', (t) => {
  t.throws(() => parseWrk(`${REPORT}  Non-2xx or 3xx responses: 12\n`), { message: /responses: 12/ });
  t.throws(() => parseWrk(`${REPORT}  Socket errors: connect 0, read 3, write 0, timeout 0\n`), { message: /read 3/ });
});

test('anything else is refused', (t) => {
  t.throws(() => parseWrk('unable to connect to 127.0.0.1:5000 Connection refused\n'), { message: /cannot be parsed/ });
});
