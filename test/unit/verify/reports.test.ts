import test from 'ava';
import { compareReports } from '../../../verify/reports/compare-reports.ts';
import { htmlReport } from '../../../verify/reports/html.ts';
import { junitReport } from '../../../verify/reports/junit.ts';
import { InvalidReportError, parseReport, type Report } from '../../../verify/reports/report.ts';
import { worstOf } from '../../../verify/reports/verdict.ts';
import type { CheckResult } from '../../../verify/run/result.ts';

/** What a hostile registry would like to have in a page. */
const HOSTILE = `</pre><script>alert("1")</script><img src=x onerror='alert(2)'>&amp;]]>\u0000\u001b[2J\ud800`;

function result(given: Partial<CheckResult>): CheckResult {
  return {
    id: 'pull/blob',
    title: 'a rule',
    level: 'MUST',
    group: 'pull',
    section: 'somewhere',
    link: 'https://example.com/#rule',
    suffers: { clients: ['docker', 'helm'], what: 'nothing works' },
    outcome: 'passed',
    reason: undefined,
    requests: 1,
    durationMs: 12,
    exchanges: [],
    culprit: undefined,
    ...given,
  };
}

const EXCHANGE = {
  method: 'GET',
  url: `http://localhost/${HOSTILE}`,
  requestHeaders: { accept: HOSTILE },
  requestBody: { size: 3, base64: 'AAAA' },
  status: 500,
  headers: { 'x-hostile': [HOSTILE, 'b'] },
  body: { size: 9999, text: HOSTILE },
  failure: undefined,
  durationMs: 1,
};

const REPORT: Report = {
  format: 'stowage-verify/1',
  stowage: '0.1.0',
  startedAt: '2026-11-29T12:00:00.000Z',
  durationMs: 1234,
  registry: 'http://localhost:5000',
  repository: 'verified/0',
  missing: {},
  requests: 5,
  bytes: 100,
  cleanUp: { removed: 1, left: [{ kind: 'blob', target: HOSTILE, reason: 'it was answered with 500' }] },
  results: [
    result({}),
    result({ id: 'pull/ping', outcome: 'failed', reason: HOSTILE, exchanges: [EXCHANGE, EXCHANGE], culprit: 1 }),
    result({ id: 'push/image', group: 'push', outcome: 'blocked', level: 'SHOULD', reason: 'there was no answer' }),
    result({ id: 'push/sha512', group: 'push', outcome: 'failed', level: 'MAY', reason: 'the status is 400' }),
    result({ id: 'push/mount', group: 'push', outcome: 'skipped', reason: 'it needs "push"' }),
  ],
};

/** Elements of markup with their attributes, in order; fails where elements do not nest, or text is not escaped. */
function elementsOf(markup: string, isVoid: (name: string) => boolean): readonly string[] {
  const open: string[] = [];
  const seen: string[] = [];
  const tag = /<(\/?)([a-z][\w]*)((?:\s+[a-z-]+="[^"<>]*")*)\s*(\/?)>/gi;
  const text = markup.replace(/^<\?xml [^>]*\?>|^<!doctype html>/i, '').replaceAll(tag, (...found: string[]) => {
    const [, closing, name = '', attributes = '', empty] = found;
    if (closing === '/') {
      if (open.pop() !== name) throw new Error(`</${name}> closes another element`);
    } else {
      seen.push(`${name}${attributes.replaceAll(/\s+/g, ' ')}`);
      if (empty !== '/' && !isVoid(name)) open.push(name);
    }
    return '';
  });
  if (open.length > 0) throw new Error(`${open.join()} stay open`);
  if (/[<>]|&(?!(?:amp|lt|gt|quot|#39);)/.test(text.replace(/@media[^]*$/, ''))) throw new Error('text is not escaped');
  return seen;
}

test('JUnit XML has a suite for each group, and a MAY that is not done is skipped', (t) => {
  const elements = elementsOf(junitReport(REPORT), () => false);
  const [suites, ...rest] = elements;
  t.is(
    suites,
    'testsuites name="stowage verify http://localhost:5000" tests="5" failures="1" errors="1" skipped="2" time="1.234"',
  );
  t.deepEqual(
    rest.map((element) => element.replace(/ (?:message|time|timestamp)="[^"]*"/g, '')),
    [
      'testsuite name="pull" tests="2" failures="1" errors="0" skipped="0"',
      'testcase classname="verify.pull" name="pull/blob"',
      'testcase classname="verify.pull" name="pull/ping"',
      'failure type="MUST"',
      'testsuite name="push" tests="3" failures="0" errors="1" skipped="2"',
      'testcase classname="verify.push" name="push/image"',
      'error type="SHOULD"',
      'testcase classname="verify.push" name="push/sha512"',
      'skipped',
      'testcase classname="verify.push" name="push/mount"',
      'skipped',
    ],
  );
});

test('a report has no character that XML cannot have', (t) => {
  // XML 1.0, production 2.
  t.notRegex(junitReport(REPORT), /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u);
});

test('the page runs nothing, loads nothing, and shows the answer that breaks the rule', (t) => {
  const page = htmlReport(REPORT);
  const withoutStyle = page.replace(/<style>[^]*<\/style>/, '');
  const elements = elementsOf(withoutStyle, (name) => name === 'meta');
  t.deepEqual(
    elements.filter((element) => /^(?:script|img|link|iframe|object|form|base)\b|\bon\w+=|\bsrc=/i.test(element)),
    [],
  );
  t.true(
    elements.includes(
      `meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"`,
    ),
  );
  t.is(elements.filter((element) => element === 'pre class="culprit"').length, 1);
  t.is(elements.filter((element) => element === 'details').length, 1);
  t.regex(page, /Who suffers: docker, helm: nothing works/);
  t.regex(page, /1 thing could not be removed/);
  for (const element of elements.filter((each) => each.startsWith('a '))) t.regex(element, /^a href="https:/);
});

test('a broken MUST is worse than a broken SHOULD, and a MAY is never held against a registry', (t) => {
  const { results } = REPORT;
  t.is(worstOf(results), 'MUST');
  t.is(worstOf(results.filter(({ level }) => level !== 'MUST')), 'SHOULD');
  t.is(worstOf(results.filter(({ level }) => level === 'MAY')), undefined);
  t.is(worstOf([]), undefined);
});

test('reports are compared by what counts against the registry', (t) => {
  const outcomes = (...given: ReadonlyArray<Partial<CheckResult>>) => ({ registry: 'a', results: given.map(result) });
  const before = outcomes(
    { id: 'pull/a', outcome: 'passed' },
    { id: 'pull/b', outcome: 'failed' },
    { id: 'pull/c', outcome: 'failed' },
    { id: 'pull/d', outcome: 'passed', level: 'MAY' },
    { id: 'pull/e', outcome: 'skipped' },
    { id: 'pull/gone', outcome: 'passed' },
  );
  const after = outcomes(
    { id: 'pull/a', outcome: 'failed' },
    { id: 'pull/b', outcome: 'passed' },
    { id: 'pull/c', outcome: 'blocked' },
    { id: 'pull/d', outcome: 'failed', level: 'MAY' },
    { id: 'pull/e', outcome: 'skipped' },
    { id: 'pull/new', outcome: 'failed' },
  );
  const { newlyFailing, newlyPassing, others, same } = compareReports(before, after);
  t.deepEqual(
    newlyFailing.map(({ id }) => id),
    ['pull/a', 'pull/new'],
  );
  t.deepEqual(
    newlyPassing.map(({ id }) => id),
    ['pull/b'],
  );
  t.deepEqual(
    others.map(({ id }) => id),
    ['pull/c', 'pull/d', 'pull/gone'],
  );
  t.is(same, 1);
});

test('what is no report is refused with the reason', (t) => {
  t.is(parseReport(JSON.stringify(REPORT)).results.length, 5);
  const wrong: ReadonlyArray<readonly [string, RegExp]> = [
    ['', /is not JSON/],
    ['[]', /is not a report/],
    ['null', /is not a report/],
    ['{"format":"stowage-verify/2"}', /is not a report/],
    ['{"format":"stowage-verify/1","registry":"a"}', /is a damaged report/],
    ['{"format":"stowage-verify/1","registry":"a","results":[{"id":"pull/a"}]}', /is a damaged report/],
    ['{"format":"stowage-verify/1","registry":"a","results":[null]}', /is a damaged report/],
  ];
  for (const [text, message] of wrong)
    t.throws(() => parseReport(text), { instanceOf: InvalidReportError, message }, text);
});
