import immutableTags from '../../plugins/registry-wrappers/immutable-tags/index.ts';
import cache from '../../plugins/wrappers/cache/index.ts';
import encrypt from '../../plugins/wrappers/encrypt/index.ts';
import fault from '../../plugins/wrappers/fault/index.ts';
import metrics from '../../plugins/wrappers/metrics/index.ts';
import readonly from '../../plugins/wrappers/readonly.ts';
import redirect from '../../plugins/wrappers/redirect.ts';
import rewrite from '../../plugins/wrappers/rewrite.ts';
import throttle from '../../plugins/wrappers/throttle/index.ts';
import { type Configured, optionTable } from './option-table.ts';

/** The wrappers of drivers that come with Stowage. */
const DRIVER_WRAPPERS: readonly Configured[] = [redirect, rewrite, cache, encrypt, throttle, readonly, metrics, fault];

/** The table of the options of each wrapper of drivers, by the name of its part of the page. */
export function wrapperParts(): Readonly<Record<string, () => string>> {
  return partsOf(DRIVER_WRAPPERS);
}

/** The same for wrappers of the registry. */
export function registryWrapperParts(): Readonly<Record<string, () => string>> {
  return partsOf([immutableTags]);
}

function partsOf(wrappers: readonly Configured[]): Readonly<Record<string, () => string>> {
  return Object.fromEntries(wrappers.map((wrapper) => [`options of ${wrapper.name}`, () => optionTable(wrapper)]));
}
