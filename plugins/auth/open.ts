import { z } from 'zod';
import { ACCESS_CONTROLLER, BindingModule } from '../../core/di.ts';
import type { AccessController, Grant } from '../../core/ports/access-controller.ts';
import { definePlugin, PLUGIN_CONTRACT } from '../plugin.ts';

/** Allows everything to every client, without a user name: the access control when no `auth` is configured. */
export class OpenAccess implements AccessController {
  async authorize(): Promise<Grant> {
    return { actor: undefined };
  }
}

/** `auth: none`. */
export default definePlugin({
  kind: 'access-controller',
  name: 'none',
  contract: PLUGIN_CONTRACT,
  options: z.strictObject({}),
  module: () => new BindingModule(({ bind }) => void bind(ACCESS_CONTROLLER).toConstantValue(new OpenAccess())),
});
