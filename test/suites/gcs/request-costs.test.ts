import { assertLean, requestCosts } from '../../helpers/core/request-costs.ts';
import { emulatorUrl, newBucket, testsWithEmulator } from './emulator.ts';
import { openGcs } from './gcs-driver.ts';

const test = testsWithEmulator('the costs of requests');

test('a push of a small blob makes at most three calls one after the other on Cloud Storage', async (t) => {
  assertLean(t, await requestCosts(t, await openGcs(await newBucket(), await emulatorUrl())));
});
