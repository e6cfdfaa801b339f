import { resolve } from 'node:path';
import { z } from 'zod';
import { ACCESS_CONTROLLER, BindingModule } from '../../../core/di.ts';
import { abortable } from '../../../core/driver/index.ts';
import { definePlugin, PLUGIN_CONTRACT } from '../../plugin.ts';
import { HeaderText } from '../challenge.ts';
import { CredentialAccess } from '../credentials/credential-access.ts';
import { forOptions } from '../for-options.ts';
import { HtpasswdVerifier } from './htpasswd-verifier.ts';
import { PasswordCheck } from './password-check.ts';
import { PasswordSource } from './password-source.ts';

const HtpasswdOptions = z.strictObject({
  realm: HeaderText.meta({ public: true }),
  /** The password file; a relative path starts at the folder of the configuration file. */
  path: z.string('must be the path of a password file').min(1, 'must not be empty').meta({ public: true }),
});

/** `auth: {htpasswd: {realm, path}}`. */
export default definePlugin({
  kind: 'access-controller',
  name: 'htpasswd',
  contract: PLUGIN_CONTRACT,
  options: HtpasswdOptions,
  module: async ({ realm, path }, { baseFolder, warn, signal }) => {
    const opening = forOptions({ path: PasswordSource.open(resolve(baseFolder, path), { warn }) });
    const { path: source } = await abortable(opening, signal);
    const verifier = new HtpasswdVerifier(source, new PasswordCheck());
    const access = new CredentialAccess({ realm, verifiers: [verifier] });
    return new BindingModule(({ bind }) => void bind(ACCESS_CONTROLLER).toConstantValue(access));
  },
});
