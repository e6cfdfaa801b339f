/** A scope that a token is requested for, or grants: some actions on one resource. */
export interface Scope {
  /** `repository`, `registry`, or a type of another registry. */
  readonly type: string;
  readonly name: string;
  /** Such as `pull`, `push`, `delete`, or `*` for every action. */
  readonly actions: readonly string[];
}

/** Thrown for a text that is not a scope. */
export class ScopeError extends Error {
  override readonly name = 'ScopeError';
}

const TYPE = /^[a-z0-9]+(?:\([a-z0-9]+\))?$/;
const ACTION = /^(?:[a-z]+|\*)$/;
/** A client requests one or two; a build of many images requests a few dozen. */
const MAX_SCOPES = 100;
/** The longest name of a repository, with a host before it. */
const MAX_NAME_LENGTH = 512;
const NAME = /^[A-Za-z0-9][\w./:[\]-]*$|^\*$/;
const MAX_ACTIONS = 10;
/** On one resource, in all scopes together: there are three or four kinds. */
const MAX_MERGED_ACTIONS = 20;
/** Of one text, in characters: no query and no form is longer. */
const MAX_TEXT_LENGTH = 64 * 1024;

/** The scopes of several lists, one per resource, each action once. */
class MergedScopes {
  readonly #merged = new Map<string, { readonly of: Scope; readonly actions: Set<string> }>();

  /**
   * The time does not grow with what was added before.
   * @returns how many resources there are, and how many actions on this one
   */
  add(scope: Scope): { readonly resources: number; readonly actions: number } {
    const key = `${scope.type}:${scope.name}`;
    const merged = this.#merged.get(key) ?? { of: scope, actions: new Set<string>() };
    this.#merged.set(key, merged);
    const { actions } = merged;
    for (const action of scope.actions) actions.add(action);
    return { resources: this.#merged.size, actions: actions.size };
  }

  scopes(): readonly Scope[] {
    return Array.from(this.#merged.values(), ({ of: { type, name }, actions }) => ({
      type,
      name,
      actions: [...actions],
    }));
  }
}

/**
 * Parses the scopes of a request for a token: each text contains several, separated by spaces. Scopes for one resource
 * are merged. The class of a type is dropped: `repository(plugin)` is `repository`. (distribution, "Docker Registry v2
 * authentication: token scope")
 * @throws ScopeError when one is malformed, there are more than 100, more than 20 actions on one resource, or a text has more
 *   than 65 536 characters
 */
export function parseScopes(texts: readonly string[]): readonly Scope[] {
  if (texts.some(({ length }) => length > MAX_TEXT_LENGTH)) throw new ScopeError('the list of scopes is too long');
  const merged = new MergedScopes();
  for (const text of texts.flatMap((each) => each.split(' '))) {
    if (text === '') continue;
    const { resources, actions } = merged.add(parseScope(text));
    if (resources > MAX_SCOPES) throw new ScopeError(`more than ${MAX_SCOPES} scopes`);
    if (actions > MAX_MERGED_ACTIONS) throw new ScopeError(`more than ${MAX_MERGED_ACTIONS} actions on one resource`);
  }
  return merged.scopes();
}

/** A name may contain a colon before the port of a host, so the first and the last colon count. */
function parseScope(text: string): Scope {
  const first = text.indexOf(':');
  const last = text.lastIndexOf(':');
  const type = text.slice(0, Math.max(first, 0));
  const name = text.slice(first + 1, Math.max(last, first + 1));
  const actions = text.slice(last + 1).split(',');
  const isScope =
    first < last &&
    TYPE.test(type) &&
    name.length <= MAX_NAME_LENGTH &&
    NAME.test(name) &&
    actions.length <= MAX_ACTIONS &&
    actions.every((action) => action === '' || ACTION.test(action));
  if (!isScope) {
    throw new ScopeError(
      `${JSON.stringify(text.slice(0, MAX_NAME_LENGTH))} is not a scope; write repository:NAME:pull,push`,
    );
  }
  return { type: type.replace(/\(.*/, ''), name, actions: actions.filter((action) => action !== '') };
}

/** The scopes in the form that {@link parseScopes} parses. */
export function formatScopes(scopes: readonly Scope[]): string {
  return scopes.map(({ type, name, actions }) => `${type}:${name}:${actions.join(',')}`).join(' ');
}

/** The scopes that `accesses` need, one per resource. */
export function scopesOf(
  accesses: readonly { readonly type: string; readonly name: string; readonly action: string }[],
): readonly Scope[] {
  const merged = new MergedScopes();
  for (const { type, name, action } of accesses) merged.add({ type, name, actions: [action] });
  return merged.scopes();
}
