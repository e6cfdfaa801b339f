import { assertLean, requestCosts } from '../../../../helpers/core/request-costs.ts';
import { eachDriver } from '../../../../helpers/drivers/each-driver.ts';

eachDriver('a push of a small blob makes at most three calls of the storage one after the other', async (t, driver) => {
  assertLean(t, await requestCosts(t, driver));
});
