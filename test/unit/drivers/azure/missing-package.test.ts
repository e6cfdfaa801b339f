import { registerHooks } from 'node:module';
import test from 'ava';
import { openCredentials } from '../../../../drivers/azure/credentials.ts';

test('without the package, credentials with tokens are refused with what to install, and a key works', async (t) => {
  const hooks = registerHooks({
    resolve: (specifier, context, next) => {
      if (specifier === '@azure/identity')
        throw Object.assign(new Error('not found'), { code: 'ERR_MODULE_NOT_FOUND' });
      return next(specifier, context);
    },
  });
  t.teardown(() => hooks.deregister());
  const options = {
    accountname: 'images',
    container: 'layers',
    rootdirectory: '',
    realm: 'core.windows.net',
    skipverify: false,
  };
  t.is((await openCredentials({ ...options, accountkey: 'a2V5' })).kind, 'key');
  const { message } = await t.throwsAsync(
    openCredentials({ ...options, credentials: { type: 'default_credentials' } }),
  );
  t.regex(
    message,
    /^storage\.azure\.credentials: this type needs the package @azure\/identity.*npm install @azure\/identity/,
  );
});
