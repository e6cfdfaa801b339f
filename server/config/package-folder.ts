import { findPackageJSON } from 'node:module';
import { dirname } from 'node:path';

/** The folder of this package, whether its modules are in the tree of their sources or in a bundle. */
export const PACKAGE_FOLDER = dirname(findPackageJSON('.', import.meta.url) ?? import.meta.dirname);
