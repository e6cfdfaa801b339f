import test from 'ava';
import { CollectionProgress } from '../../../../core/jobs/collection-progress.ts';

/** A progress on a clock that the test moves. */
function progress() {
  const clock = { nowMs: 500_000 };
  let told: unknown[] = [];
  const collection = new CollectionProgress(
    (...now) => {
      told = now;
    },
    () => clock.nowMs,
  );
  return { clock, collection, told: () => told };
}

test('a search tells how long the rest of it takes, once a part of it is done', (t) => {
  const { clock, collection, told } = progress();
  const onStep = collection.search();
  clock.nowMs += 1_000;
  onStep(0);
  t.deepEqual(told(), [1]);
  clock.nowMs += 9_000;
  onStep(0.25);
  t.deepEqual(told(), [10, 40, 30]);
  clock.nowMs += 10_000;
  onStep(1);
  t.deepEqual(told(), [20, 20, 0]);
});

test('once there is garbage, its grace and a removal as long as the search are expected', (t) => {
  const { clock, collection, told } = progress();
  clock.nowMs += 5_000;
  const onSearched = collection.search();
  clock.nowMs += 20_000;
  onSearched(1);
  collection.wait(3_600_000);
  t.deepEqual(told(), [25, 3_645, 3_620]);
  clock.nowMs += 3_600_000;
  const onStep = collection.complete();
  clock.nowMs += 3_000;
  onStep(0.5);
  t.deepEqual(told(), [3_628, 3_631, 3]);
});

test('a sign of life repeats what was told last', (t) => {
  const { clock, collection, told } = progress();
  collection.onStep();
  t.deepEqual(told(), [0]);
  collection.wait(10_000);
  clock.nowMs += 5_000;
  collection.onStep();
  t.deepEqual(told(), [0, 10, 10]);
});
