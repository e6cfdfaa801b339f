import test from 'ava';
import { didYouMean, suggest } from '../../../../plugins/loading/suggest.ts';

const NAMES = ['filesystem', 'inmemory', 'memory', 's3', 'gcs'];

for (const [typed, meant] of [
  ['filesytem', 'filesystem'],
  ['FileSystem', 'filesystem'],
  ['flie-system', undefined],
  ['fliesystem', 'filesystem'],
  ['inmemroy', 'inmemory'],
  ['memry', 'memory'],
  ['gsc', 'gcs'],
  ['s4', undefined],
  ['azure', undefined],
  ['', undefined],
] as const) {
  test(`${JSON.stringify(typed)} was ${meant === undefined ? 'none of the names' : `meant to be ${meant}`}`, (t) => {
    t.is(suggest(typed, NAMES), meant);
  });
}

test('without known names nothing is suggested', (t) => {
  t.is(suggest('tape', []), undefined);
  t.is(didYouMean('tape', []), '');
});

test('a longer minimum word length per mistake can be requested', (t) => {
  t.is(suggest('gsc', NAMES, 4), undefined);
  t.is(suggest('memry', NAMES, 4), 'memory');
});

test('a question names the word that was meant', (t) => {
  t.is(didYouMean('memry', NAMES), ', did you mean "memory"?');
});
