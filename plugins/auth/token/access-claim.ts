import { isJsonObject } from '../../../core/model/descriptor.ts';
import type { Access } from '../../../core/ports/access-controller.ts';
import { TokenError } from './token-error.ts';

/**
 * The accesses that a token grants: its claim `access` (distribution, "Docker Registry v2 authentication: JSON Web
 * Token").
 */
export class GrantedAccess {
  readonly #actions: ReadonlyMap<string, ReadonlySet<string>>;

  private constructor(actions: ReadonlyMap<string, ReadonlySet<string>>) {
    this.#actions = actions;
  }

  /**
   * Parses the claim; an absent or `null` claim allows nothing.
   * @throws TokenError when it is malformed
   */
  static parse(claim: unknown): GrantedAccess {
    const actions = new Map<string, Set<string>>();
    if (claim === undefined || claim === null) return new GrantedAccess(actions);
    if (!Array.isArray(claim)) throw new TokenError('its claim "access" is not a list');
    for (const entry of claim as readonly unknown[]) {
      const { type, name, actions: allowed } = isJsonObject(entry) ? entry : {};
      if (typeof type !== 'string' || typeof name !== 'string' || !isListOfStrings(allowed ?? [])) {
        throw new TokenError('an entry of its claim "access" lacks type, name or actions');
      }
      const key = keyOf({ type, name });
      const merged = actions.get(key) ?? new Set();
      for (const action of (allowed ?? []) as readonly string[]) merged.add(action);
      actions.set(key, merged);
    }
    return new GrantedAccess(actions);
  }

  /**
   * Whether one entry for exactly this resource has the action, or `*`. Who administrates everything may do in every
   * repository at once what needs it.
   */
  allows(access: Access): boolean {
    const allowed = this.#actions.get(keyOf(access));
    if (allowed !== undefined && (allowed.has(access.action) || allowed.has('*'))) return true;
    return (
      access.type === 'repository' && access.name === '*' && this.#actions.get('registry:admin')?.has('*') === true
    );
  }
}

/** The class of a type, as in `repository(plugin)`, does not count. */
function keyOf({ type, name }: { readonly type: string; readonly name: string }): string {
  const end = type.indexOf('(');
  return `${end < 0 ? type : type.slice(0, end)}:${name}`;
}

function isListOfStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
