import cache from '../../plugins/wrappers/cache/index.ts';
import fault from '../../plugins/wrappers/fault/index.ts';
import metrics from '../../plugins/wrappers/metrics/index.ts';
import readonly from '../../plugins/wrappers/readonly.ts';
import redirect from '../../plugins/wrappers/redirect.ts';
import rewrite from '../../plugins/wrappers/rewrite.ts';
import { type Configured, optionTable } from './option-table.ts';

/** The wrappers that come with Stowage. */
const WRAPPERS: readonly Configured[] = [redirect, rewrite, cache, readonly, metrics, fault];

/** The table of the options of each wrapper, by the name of its part of the page. */
export function wrapperParts(): Readonly<Record<string, () => string>> {
  return Object.fromEntries(WRAPPERS.map((wrapper) => [`options of ${wrapper.name}`, () => optionTable(wrapper)]));
}
