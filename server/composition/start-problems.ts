import { Failures } from '../../plugins/loading/failures.ts';
import { checkDriver } from '../../plugins/loading/load-driver.ts';
import { checkPlugin } from '../../plugins/loading/load-plugin.ts';
import { isPublicOption } from '../../plugins/loading/public-option.ts';
import { ConfigurationError, type KeyPath, type LoadedConfiguration, parseKey } from '../config/index.ts';
import { readTls } from '../http/tls.ts';
import { copyFromRequest } from './copy-from-request.ts';
import { replicaRequest } from './open-replica.ts';
import { openKeyFiles } from './open-signing-keys.ts';
import { readUpstream } from './open-upstream.ts';
import { pluginRequests } from './plugin-requests.ts';
import { readRedis } from './redis-tls-files.ts';
import { readSchema1Key } from './schema-1-key.ts';

/** What a check of the plugins and files in a configuration has found. */
export interface StartProblems {
  /** Everything that would prevent a start and that the file alone does not show; none when a registry can be tried. */
  readonly problems: readonly unknown[];
  /** Whether the schema of a plugin says that its option under a path of the configuration may be shown. */
  readonly isPublicOption: (path: KeyPath) => boolean;
}

/**
 * Looks at drivers and plugins, which may not be there or may refuse their options, and at the files of TLS. Starts
 * nothing.
 */
export async function checkStart(loaded: LoadedConfiguration): Promise<StartProblems> {
  const { driver, wrappers, registryWrappers, plugins, configured } = pluginRequests(loaded, {
    warn: () => undefined,
    redis: undefined,
  });
  const written = Object.values(configured)
    .flat()
    .filter(({ isDerived }) => !isDerived);
  const schemas: { readonly at: KeyPath; readonly schema: unknown }[] = [];
  const failures = new Failures();
  const check = (place: { at: string; optionsAt?: string | undefined }, checking: () => Promise<unknown>) =>
    failures.of(async () => {
      schemas.push({ at: parseKey(place.optionsAt ?? place.at), schema: await checking() });
    });
  // One after another: an unhandled error is attributed to the plugin that is being checked.
  await check(driver.place, () => checkDriver(driver.name, driver.options, driver.place));
  for (const request of [replicaRequest(loaded), copyFromRequest(loaded)])
    if (request !== undefined)
      await check(request.place, () => checkDriver(request.name, request.options, request.place));
  await failures.of(() => readTls(loaded));
  await failures.of(() => readRedis(loaded));
  await failures.of(() => readUpstream(loaded));
  await failures.of(() => readSchema1Key(loaded));
  await failures.of(() => openKeyFiles(loaded, { warn: () => undefined }));
  for (const request of [...wrappers, ...registryWrappers, ...plugins, ...written]) {
    await check(request, () => checkPlugin(request));
  }
  return {
    problems: failures.errors,
    isPublicOption: (path) =>
      schemas.some(({ at, schema }) => {
        return at.every((part, index) => part === path[index]) && isPublicOption(schema, path.slice(at.length));
      }),
  };
}

/**
 * A refused configuration, or a refused file of TLS, together with everything else that would prevent the start: an
 * operator can correct all of it together. Any other error stays as it is.
 * @param loaded absent when the configuration itself was refused; then what is left of it is looked at
 */
export async function withOtherProblems(error: unknown, loaded?: LoadedConfiguration): Promise<unknown> {
  if (!(error instanceof ConfigurationError)) return error;
  const rest = loaded ?? error.rest;
  const { problems } = rest === undefined ? { problems: [] } : await checkStart(rest);
  const others = problems.filter((problem) => String(problem) !== String(error));
  return others.length === 0 ? error : new AggregateError([error, ...others], 'several things prevent the start');
}
