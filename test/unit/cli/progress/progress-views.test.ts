import test from 'ava';
import { JsonProgress } from '../../../../cli/progress/json-progress.ts';
import { PlainProgress } from '../../../../cli/progress/plain-progress.ts';
import { progressView } from '../../../../cli/progress/show-progress.ts';
import { TerminalProgress } from '../../../../cli/progress/terminal-progress.ts';
import type { CopyEvent } from '../../../../client/copy/copy-event.ts';
import { type Digest, parseDigest } from '../../../../core/digest/digest.ts';

const MANIFEST = digest('f');

function digest(character: string): Digest {
  return parseDigest(`sha256:${character.repeat(64)}`);
}

function blob(character: string, size = 1_000_000) {
  return { mediaType: 'application/octet-stream', digest: digest(character), size };
}

/** What a terminal shows after these writes, line by line; it knows the control sequences that progress uses. */
function screenOf(written: string): string[] {
  const lines = [''];
  let row = 0;
  for (const [, up, erase, newline, text] of written.matchAll(/\x1b\[(\d+)A|(\x1b\[0J)|([\r\n])|([^\x1b\r\n]+)/g)) {
    if (up !== undefined) row -= Number(up);
    else if (erase !== undefined) lines.splice(row, lines.length, '');
    else if (newline === '\n') {
      row += 1;
      lines[row] ??= '';
    } else if (text !== undefined) lines[row] = text;
  }
  return lines.filter((line) => line !== '');
}

function terminal({ columns = 80, rows = 24 } = {}) {
  let written = '';
  let now = 0;
  const view = new TerminalProgress({
    terminal: () => ({ columns, rows, hasColors: false, write: (text) => void (written += text) }),
    now: () => now,
  });
  return {
    view,
    pass: (ms: number) => void (now += ms),
    screen: () => screenOf(written),
  };
}

const BEGUN: readonly CopyEvent[] = [
  { type: 'image-begun', name: 'v1', digest: MANIFEST, mediaType: 'x' },
  { type: 'blob-queued', blob: blob('a') },
  { type: 'blob-queued', blob: blob('b') },
  { type: 'blob-begun', blob: blob('a') },
  { type: 'blob-begun', blob: blob('b') },
];

test('a terminal shows each running blob and the totals, and keeps what is done above them', (t) => {
  const { view, pass, screen } = terminal();
  for (const event of BEGUN) view.apply(event);
  view.tick();
  t.deepEqual(
    screen().map((line) => line.slice(0, 14).trim()),
    [`v1: ${MANIFEST}`.slice(0, 14), 'aaaaaaaaaaaa', 'bbbbbbbbbbbb', '0 of 2 blobs,'],
  );
  pass(1000);
  view.apply({ type: 'blob-progress', blob: blob('a'), bytes: 500_000 });
  pass(1000);
  view.apply({ type: 'blob-done', blob: blob('b'), how: 'mounted' });
  view.tick();
  t.deepEqual(screen().slice(1), [
    'bbbbbbbbbbbb  mounted  1.0 MB',
    screen()[2] ?? '',
    '1 of 2 blobs, 1.5 MB of 2.0 MB (75 %), 0 B/s',
  ]);
  t.regex(screen()[2] ?? '', /^a{12} {2}\[=+> +\] {3}50 % {2}500\.0 kB\/1\.0 MB/);
  view.apply({ type: 'blob-done', blob: blob('a'), how: 'copied' });
  view.end();
  t.deepEqual(screen().slice(1), [
    'bbbbbbbbbbbb  mounted  1.0 MB',
    'aaaaaaaaaaaa  copied  1.0 MB',
    '2 of 2 blobs, 2.0 MB of 2.0 MB (100 %)',
  ]);
});

test('a terminal never gets more live lines than it has, nor wider ones', (t) => {
  const { view, screen } = terminal({ columns: 40, rows: 5 });
  for (const character of '0123456789abcdef') view.apply({ type: 'blob-begun', blob: blob(character) });
  view.tick();
  t.true(screen().length <= 4, screen().join('\n'));
  for (const line of screen()) t.true(line.length < 40);
});

test('a log gets a line for each blob, and one for all at each tick', (t) => {
  const lines: string[] = [];
  const view = new PlainProgress({ complain: (line) => void lines.push(line), now: () => 0 });
  view.tick();
  for (const event of BEGUN) view.apply(event);
  view.apply({ type: 'blob-resumed', blob: blob('a'), offset: 400_000 });
  view.apply({ type: 'blob-progress', blob: blob('a'), bytes: 500_000 });
  view.tick();
  view.apply({ type: 'blob-done', blob: blob('a'), how: 'copied' });
  view.apply({ type: 'blob-failed', blob: blob('b'), error: new Error('cut') });
  view.end();
  t.deepEqual(lines, [
    `v1: ${MANIFEST}`,
    '0 of 2 blobs, 500.0 kB of 2.0 MB (25 %)',
    'aaaaaaaaaaaa  copied  1.0 MB, resumed at 400.0 kB',
    'bbbbbbbbbbbb  stopped at 0 B of 1.0 MB',
    '1 of 2 blobs, 1.0 MB of 2.0 MB (50 %)',
  ]);
});

test('programs get each event as a line, of progress the newest, and errors as their messages', (t) => {
  const lines: unknown[] = [];
  const view = new JsonProgress({ complain: (line) => void lines.push(JSON.parse(line)) });
  view.apply({ type: 'blob-begun', blob: blob('a') });
  view.apply({ type: 'blob-progress', blob: blob('a'), bytes: 1 });
  view.apply({ type: 'blob-progress', blob: blob('a'), bytes: 2 });
  view.tick();
  view.apply({ type: 'blob-progress', blob: blob('a'), bytes: 3 });
  view.apply({ type: 'blob-failed', blob: blob('a'), error: new Error('cut') });
  view.end();
  t.deepEqual(lines, [
    { type: 'blob-begun', blob: blob('a') },
    { type: 'blob-progress', blob: blob('a'), bytes: 2 },
    { type: 'blob-failed', blob: blob('a'), error: 'cut' },
  ]);
});

test('programs get an error of its own for each blob, also where one failure ends all', (t) => {
  const lines: string[] = [];
  const view = new JsonProgress({ complain: (line) => void lines.push(line) });
  const error = new Error('cut');
  for (const digit of ['a', 'b']) view.apply({ type: 'blob-failed', blob: blob(digit), error });
  t.deepEqual(
    lines.map((line) => (JSON.parse(line) as { error: unknown }).error),
    ['cut', 'ended because another blob failed'],
  );
});

test('bars are for terminals only, and nothing is shown where that was asked for', (t) => {
  const screen = { columns: 80, rows: 24, hasColors: false, write: () => undefined };
  const complain = (): void => undefined;
  t.true(progressView('progress', { complain, terminal: () => screen }) instanceof TerminalProgress);
  t.true(progressView('progress', { complain, terminal: () => undefined }) instanceof PlainProgress);
  t.true(progressView('json', { complain, terminal: () => screen }) instanceof JsonProgress);
  t.is(progressView('quiet', { complain, terminal: () => screen }), undefined);
});
