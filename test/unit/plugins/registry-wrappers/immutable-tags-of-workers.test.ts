import test from 'ava';
import { ALL_IMMUTABLE, connections, raceForTag, raceWithDeletes } from '../../../helpers/http/tag-races.ts';
import { withWorkers } from '../../../helpers/http/with-workers.ts';
import { atLength } from '../../../helpers/running/length.ts';

const ROUNDS = atLength({ full: 150, short: 20 });

test('of eight pushes of a new tag at once to two workers one wins, and the others are denied', async (t) => {
  const running = await withWorkers(t, {}, { others: ALL_IMMUTABLE });
  const all = await connections(t, [running], 8);
  for (let round = 0; round < ROUNDS; round += 1) await raceForTag(t, all, `v${round}`);
});

test('pushes of a new tag and deletes of it and of its manifest have their effect one after the other in two workers', async (t) => {
  const running = await withWorkers(t, {}, { others: ALL_IMMUTABLE });
  const all = await connections(t, [running], 8);
  for (let round = 0; round < ROUNDS; round += 1) await raceWithDeletes(t, all, `v${round}`);
});
