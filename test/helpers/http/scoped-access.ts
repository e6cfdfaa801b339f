import {
  ACCESS_CONTROLLER,
  type Access,
  type AccessController,
  type AccessRequest,
  BindingModule,
  definePlugin,
  type Grant,
  type OptionsSchema,
  PLUGIN_CONTRACT,
  RegistryError,
  UnauthorizedError,
} from '../../../plugins/index.ts';

/** The path by which a configuration names this access controller. */
export const SCOPED_ACCESS = new URL('scoped-access.js', import.meta.url).pathname;

/** The header of a request that may do this and nothing else, for example `repository:app:pull`. */
export function allowing(...accesses: string[]): { Authorization: string } {
  return { Authorization: `Scope ${accesses.join(' ')}` };
}

/** The header of a request that is rate-limited. */
export const TOO_MANY = { Authorization: 'TooMany' };

/** Grants the accesses that the request itself lists. */
class ScopedAccess implements AccessController {
  async authorize({ authorization }: AccessRequest, accesses: readonly Access[]): Promise<Grant> {
    const allowed = authorization?.split(' ');
    if (allowed?.[0] === 'TooMany') throw new RegistryError('TOOMANYREQUESTS');
    if (allowed?.[0] !== 'Scope') throw new UnauthorizedError('Scope realm="test"');
    const refused = accesses.find(({ type, name, action }) => !allowed.includes(`${type}:${name}:${action}`));
    if (refused !== undefined) throw new RegistryError('DENIED', { ...refused });
    return { actor: { name: 'test' } };
  }
}

const options: OptionsSchema<unknown> = {
  '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) },
};

export default definePlugin({
  kind: 'access-controller',
  name: 'scoped',
  contract: PLUGIN_CONTRACT,
  options,
  module: () => new BindingModule(({ bind }) => void bind(ACCESS_CONTROLLER).toConstantValue(new ScopedAccess())),
});
