import { GROUPS, LEVELS } from '../check.ts';
import { type CheckResult, OUTCOMES } from '../run/result.ts';
import { escapeMarkup } from './escape-markup.ts';
import { exchangeText, requestLine } from './exchange-text.ts';
import type { Report } from './report.ts';
import { brokenByLevel, countsOf, isHeldAgainst } from './verdict.ts';

const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #1b1f24; background: #fff; }
h1, h2 { line-height: 1.2; } h3 { margin-bottom: 0; font-size: 1rem; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #d0d7de; }
pre { background: #f6f8fa; padding: .75rem; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; font-size: .8rem; }
pre.culprit { border-left: 4px solid #cf222e; }
.failed, .blocked { color: #a40e26; } .passed { color: #116329; } .skipped { color: #57606a; }
summary { overflow-wrap: anywhere; }
article { border-top: 1px solid #d0d7de; padding-bottom: 1rem; } p { margin: .25rem 0; }
@media (prefers-color-scheme: dark) {
  body { background: #0d1117; color: #e6edf3; } pre { background: #161b22; } a { color: #58a6ff; }
  .failed, .blocked { color: #ff7b72; } .passed { color: #7ee787; } .skipped { color: #8b949e; }
}`.trim();

/** A report as one page that loads nothing and runs nothing. */
export function htmlReport(report: Report): string {
  const { registry, results } = report;
  const held = LEVELS.flatMap((level) => results.filter((result) => result.level === level && isHeldAgainst(result)));
  const others = results.filter((result) => !isHeldAgainst(result) && result.outcome !== 'passed');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeMarkup(registry)}: verification</title>
<style>
${STYLE}
</style>
</head>
<body>
<h1>Verification of ${escapeMarkup(registry)}</h1>
${summary(report)}
${groupTable(results)}
<h2>Rules that are broken</h2>
${held.length === 0 ? '<p>None.</p>' : held.map(failure).join('\n')}
<h2>Not supported, or not judged</h2>
${resultTable(others)}
<h2>Rules that are kept</h2>
${resultTable(results.filter(({ outcome }) => outcome === 'passed'))}
</body>
</html>
`;
}

function summary({ stowage, startedAt, durationMs, requests, repository, results, cleanUp }: Report): string {
  const counts = countsOf(results);
  const outcomes = OUTCOMES.map((outcome) => `<span class="${outcome}">${counts[outcome]} ${outcome}</span>`);
  const run = `${requests} requests in ${(durationMs / 1000).toFixed(1)} s, at ${startedAt}, by stowage ${stowage}`;
  const { left } = cleanUp;
  const leftText =
    left.length === 0
      ? 'Everything that was pushed was removed.'
      : `${left.length} ${left.length === 1 ? 'thing' : 'things'} could not be removed: ${left.map(({ target, reason }) => `${target} (${reason})`).join('; ')}`;
  const broken = brokenByLevel(results);
  const levels = LEVELS.map((level) => `${broken[level]} ${level}`);
  return `<p>${outcomes.join(', ')}; broken or not judged: ${levels.join(', ')}</p>
<p>${escapeMarkup(run)}; repositories <code>${escapeMarkup(repository)}…</code></p>
<p>${escapeMarkup(leftText)}</p>`;
}

function groupTable(results: readonly CheckResult[]): string {
  const rows = GROUPS.map((group) => results.filter((result) => result.group === group))
    .filter((group) => group.length > 0)
    .map((group) => {
      const counts = countsOf(group);
      const cells = OUTCOMES.map((outcome) => `<td>${counts[outcome]}</td>`).join('');
      return `<tr><th scope="row">${group[0]?.group ?? ''}</th>${cells}</tr>`;
    });
  const heads = OUTCOMES.map((outcome) => `<th scope="col">${outcome}</th>`).join('');
  return `<table>\n<tr><th scope="col">group</th>${heads}</tr>\n${rows.join('\n')}\n</table>`;
}

function failure({
  id,
  title,
  level,
  outcome,
  reason = '',
  suffers,
  exchanges,
  culprit,
  ...rule
}: CheckResult): string {
  const last = culprit ?? exchanges.length - 1;
  const shown = exchanges.map((exchange, index) =>
    index === last
      ? `<pre class="culprit">${escapeMarkup(exchangeText(exchange))}</pre>`
      : `<details><summary>${escapeMarkup(`${requestLine(exchange)}: ${exchange.status ?? 'no answer'}`)}</summary><pre>${escapeMarkup(exchangeText(exchange))}</pre></details>`,
  );
  return `<article id="${escapeMarkup(id)}">
<h3><code>${escapeMarkup(id)}</code></h3>
<p><strong class="${outcome}">${level} ${outcome}:</strong> ${escapeMarkup(title)}</p>
<p>What happened: ${escapeMarkup(reason)}</p>
<p>Who suffers: ${escapeMarkup(`${suffers.clients.join(', ')}: ${suffers.what}`)}</p>
<p>Written in <a href="${escapeMarkup(rule.link)}">${escapeMarkup(rule.section)}</a></p>
${shown.join('\n')}
</article>`;
}

function resultTable(results: readonly CheckResult[]): string {
  if (results.length === 0) return '<p>None.</p>';
  const rows = results.map(
    ({ id, title, level, outcome, reason, link }) =>
      `<tr><td><a href="${escapeMarkup(link)}"><code>${escapeMarkup(id)}</code></a></td><td>${level}</td>` +
      `<td>${escapeMarkup(title)}${reason === undefined ? '' : `: <span class="${outcome}">${outcome}, ${escapeMarkup(reason)}</span>`}</td></tr>`,
  );
  return `<table>\n${rows.join('\n')}\n</table>`;
}
