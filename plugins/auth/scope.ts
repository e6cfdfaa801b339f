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
/** Of one text, in characters: no query and no form is longer. */
const MAX_TEXT_LENGTH = 64 * 1024;

/**
 * Parses the scopes of a request for a token: each text contains several, separated by spaces. Scopes for one resource
 * are merged. The class of a type is dropped: `repository(plugin)` is `repository`. (distribution, "Docker Registry v2
 * authentication: token scope")
 * @throws ScopeError when one is malformed, there are more than 100, or a text has more than 65 536 characters
 */
export function parseScopes(texts: readonly string[]): readonly Scope[] {
  if (texts.some(({ length }) => length > MAX_TEXT_LENGTH)) throw new ScopeError('the list of scopes is too long');
  const merged = new Map<string, Scope>();
  for (const text of texts.flatMap((each) => each.split(' '))) {
    if (text === '') continue;
    const scope = parseScope(text);
    const key = `${scope.type}:${scope.name}`;
    const before = merged.get(key);
    if (before === undefined && merged.size === MAX_SCOPES) throw new ScopeError(`more than ${MAX_SCOPES} scopes`);
    merged.set(key, before === undefined ? scope : { ...scope, actions: union(before.actions, scope.actions) });
  }
  return [...merged.values()];
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
  return { type: type.replace(/\(.*/, ''), name, actions: union(actions.filter((action) => action !== '')) };
}

/** The scopes in the form that {@link parseScopes} parses. */
export function formatScopes(scopes: readonly Scope[]): string {
  return scopes.map(({ type, name, actions }) => `${type}:${name}:${actions.join(',')}`).join(' ');
}

/** The scopes that `accesses` need, one per resource. */
export function scopesOf(
  accesses: readonly { readonly type: string; readonly name: string; readonly action: string }[],
): readonly Scope[] {
  const merged = new Map<string, Scope>();
  for (const { type, name, action } of accesses) {
    const key = `${type}:${name}`;
    merged.set(key, { type, name, actions: union(merged.get(key)?.actions ?? [], [action]) });
  }
  return [...merged.values()];
}

function union(...lists: readonly (readonly string[])[]): readonly string[] {
  return [...new Set(lists.flat())];
}
