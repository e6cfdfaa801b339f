import { apiReference } from './api-reference.ts';

const HEAD = `# The contract of storage drivers

This page is made from the documentation in \`core/driver\` by \`npm run docs\`; change that. It has all that a driver may
import from \`stowage/driver\`. [write-a-driver.md](write-a-driver.md) shows how to use it.
`;

/**
 * The reference of `stowage/driver`, as Markdown.
 * @param entryPoint another module to describe
 * @throws Error that lists every exported member without documentation
 */
export function driverContract(entryPoint = 'core/driver/index.ts'): Promise<string> {
  return apiReference({ entryPoint, name: 'stowage/driver', head: HEAD });
}
