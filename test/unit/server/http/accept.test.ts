import test from 'ava';
import { accepts } from '../../../../server/http/accept.ts';

const LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';
const IMAGE = 'application/vnd.docker.distribution.manifest.v2+json';

const CASES: [string | undefined, boolean][] = [
  [undefined, true],
  ['', true],
  [' , ', true],
  ['*/*', true],
  ['application/*', true],
  ['text/*', false],
  [LIST, true],
  [LIST.toUpperCase(), true],
  [IMAGE, false],
  [`${IMAGE}, ${LIST}`, true],
  [`${IMAGE};q=0.5,\t${LIST} ; q=0.1`, true],
  [`${LIST};q=0`, false],
  [`${LIST};q=0.000`, false],
  [`${LIST};q=0.001`, true],
  [`${LIST};charset=utf-8;q=0`, false],
  [`${LIST};charset=utf-8`, true],
  [`${LIST};q=0, */*`, false],
  [`${LIST};q=0, ${LIST};q=1`, true],
  ['application/*;q=0, */*;q=1', false],
  [`*/*;q=0, ${LIST}`, true],
  [`${IMAGE}, */*;q=0.1`, true],
  [`${LIST};q=much`, true],
  [`${LIST};q=2`, true],
  ['garbage', false],
  [';q=1', true],
];

for (const [header, expected] of CASES) {
  test(`a client that sends Accept: ${String(header)} ${expected ? 'takes' : 'does not take'} a manifest list`, (t) => {
    t.is(accepts(header, LIST), expected);
  });
}
