import test from 'ava';
import { closest } from '../../plugins/suggest.ts';

const NAMES = ['filesystem', 'inmemory', 'memory', 's3', 'gcs'];

for (const [typed, meant] of [
  ['filesytem', 'filesystem'],
  ['FileSystem', 'filesystem'],
  ['flie-system', 'filesystem'],
  ['inmemroy', 'inmemory'],
  ['memry', 'memory'],
  ['gsc', 'gcs'],
  ['s4', 's3'],
] as const) {
  test(`${typed} was meant to be ${meant}`, (t) => {
    t.is(closest(typed, NAMES), meant);
  });
}

test('a name far from all of them gets no suggestion', (t) => {
  t.is(closest('azure', NAMES), undefined);
  t.is(closest('', NAMES), undefined);
  t.is(closest('tape', []), undefined);
});
