import { apiReference } from './api-reference.ts';

const HEAD = `# The contract of storage drivers

\`npm run docs\` writes this page from the comments in \`core/driver\`: edit those. It describes everything that a driver may import
from \`stowage/driver\`, and begins with what a driver implements. [Write a storage driver](write-a-driver.md) builds one step by
step, and [Several writers](several-writers.md) explains \`exclusiveWriters\`.
`;

/** The members that a driver implements, in the order in which an author needs them. They begin the page. */
const FIRST = ['StorageDriver', 'DriverWriter', 'DriverCapabilities', 'DriverDefinition', 'PluginContext'];

/**
 * The reference of `stowage/driver`, as Markdown. It begins with what a driver implements.
 * @param entryPoint another module to describe
 * @throws Error that lists every exported member without documentation
 */
export async function driverContract(entryPoint = 'core/driver/index.ts'): Promise<string> {
  const page = await apiReference({ entryPoint, name: 'stowage/driver', head: HEAD });
  const [head = '', ...parts] = page.split(/^(?=#{2,3} )/m);
  const first = FIRST.flatMap((name) => parts.filter((part) => part.startsWith(`### ${name}\n`)));
  return [head, '## The contract\n\n', ...first, ...parts.filter((part) => !first.includes(part))].join('');
}
