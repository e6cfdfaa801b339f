import test from 'ava';
import { driverContract } from '../../../docs/generator/driver-contract.ts';

const UNDOCUMENTED = 'test/unit/docs/undocumented.ts';

test('a member of the contract without documentation is named', async (t) => {
  const error = await t.throwsAsync(driverContract(UNDOCUMENTED));
  t.regex(error.message, /Undocumented\.forgotten .*does not have any documentation/);
  t.notRegex(error.message, /Undocumented\.documented/);
});
