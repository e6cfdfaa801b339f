/** Handles that a process needs for the event loop, the log, Redis, signals and the primary process. */
const OWN_HANDLES = 64;
/** Handles of a request in addition to that of its connection: a file, and for a moment a folder or another file. */
export const HANDLES_OF_REQUEST = 2;

/**
 * How many handles connections and their requests may take, so that the storage always finds one: the limit of this
 * process (`ulimit -n`, which Node raises as far as possible) less a reserve.
 */
export function maxHandlesOfConnections(): number {
  const limit = openFilesLimit();
  return limit - Math.min(OWN_HANDLES, Math.floor(limit / 4));
}

/** What Node's types lack. */
interface Report {
  excludeNetwork: boolean;
  getReport(): { readonly userLimits?: { readonly open_files?: { readonly soft?: unknown } } };
}

function openFilesLimit(): number {
  const reporter = process.report as unknown as Report;
  const { excludeNetwork } = reporter;
  // Otherwise the report looks up the names of all addresses.
  reporter.excludeNetwork = true;
  const soft = Number(reporter.getReport().userLimits?.open_files?.soft);
  reporter.excludeNetwork = excludeNetwork;
  // Windows has no such limit, and elsewhere it may be `unlimited`.
  return Number.isFinite(soft) && soft > 0 ? soft : Number.POSITIVE_INFINITY;
}
