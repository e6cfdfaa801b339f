import { report } from 'node:process';

/** Handles that a process needs for other things than connections and their files: the event loop, the log, Redis, signals, the primary process. */
const OWN_HANDLES = 64;
/** What a request has open in addition to its connection: a file, and for a moment a folder or another file. */
export const HANDLES_OF_REQUEST = 2;

/**
 * How many handles connections and their requests may take, so that the storage always finds one: what the system
 * allows this process (`ulimit -n`, which Node raises to what is possible) without a share for itself.
 */
export function maxHandlesOfConnections(): number {
  const limit = openFilesLimit();
  return limit - Math.min(OWN_HANDLES, Math.floor(limit / 4));
}

/** What Node's types lack, or leave open. */
interface Report {
  excludeNetwork: boolean;
  getReport(): { readonly userLimits?: { readonly open_files?: { readonly soft?: unknown } } };
}

function openFilesLimit(): number {
  const reporter = report as unknown as Report;
  const { excludeNetwork } = reporter;
  // It would ask for the names of all addresses.
  reporter.excludeNetwork = true;
  const soft = Number(reporter.getReport().userLimits?.open_files?.soft);
  reporter.excludeNetwork = excludeNetwork;
  // Windows has no such limit, and elsewhere it may be `unlimited`.
  return Number.isFinite(soft) && soft > 0 ? soft : Number.POSITIVE_INFINITY;
}
