import { ERROR_DESCRIPTORS, type ErrorDescriptor, errorDescriptor } from './error-descriptors.ts';
import type {
  BodyDescriptor,
  FailureDescriptor,
  MethodDescriptor,
  ParameterDescriptor,
  RouteAccess,
  RouteDescriptor,
} from './route-descriptor.ts';
import { ROUTES } from './route-descriptors.ts';
import { FAILURES_EVERYWHERE } from './routes/common.ts';

const ACCESS: Readonly<Record<RouteAccess, string>> = {
  pull: '`pull` in the repository',
  push: '`push` in the repository',
  delete: '`delete` in the repository',
  admin: '`admin` in the repository that the query names, or in all if it names none',
  catalog: '`*` on the catalog',
  none: 'any admitted client',
  public: 'anybody; the access controller is not consulted',
};

const INTRODUCTION = `# HTTP API

\`npm run docs\` generates this page from the tables in \`core/api\`; edit those tables.

In a path, \`<name>\` is the name of a repository and any other \`<…>\` is one segment. Paths are matched from the right,
so a repository may be called \`a/manifests\`. Every failure has a JSON body, except in answers to HEAD:

\`\`\`json
{ "errors": [{ "code": "<code>", "message": "<text>", "detail": {} }], "requestId": "<id>" }
\`\`\`

The status is that of the first error. \`detail\` says what was wrong with the request, and the registry logs
more under \`requestId\`; either may be absent. A header marked with \`?\` is sent only when it applies.

OPTIONS is answered on every path with 200, and with the enabled methods in \`Allow\`. It needs no credentials, because
browsers send it before any credentials.

A path is percent-decoded once, as a whole, before it is matched, so \`a%2Fb\` is the repository \`a/b\`. A path with doubled
slashes or with an extra slash at its end is redirected to its route: with 301 for GET and HEAD, with 308 for other methods.
Dot segments are never resolved; a path that has any matches no route.

A path that matches none of these is answered 404, and a method that its route lacks is answered 405, both with the code \`UNSUPPORTED\`.`;

/** The page docs/plugins/api.md: every route, method, parameter, answer and error code of the tables, as Markdown. */
export function describeApi(): string {
  const sections = [
    INTRODUCTION,
    '## Routes',
    table(['Path', 'Methods', 'Entity'], ROUTES.map(routeRow)),
    ...ROUTES.flatMap(describeRoute),
    '## Failures of every method',
    'Any method of any route may also fail in these ways.',
    failureTable(FAILURES_EVERYWHERE),
    '## Error codes',
    'Several kinds of error share a code where the distribution-spec lists no closer one.',
    table(['Code', 'Status', 'Message', 'When'], Object.values(ERROR_DESCRIPTORS).map(errorRow)),
  ];
  return `${sections.join('\n\n')}\n`;
}

function routeRow(route: RouteDescriptor): string[] {
  return [code(route.path), route.methods.map(({ method }) => method).join(', '), route.entity];
}

function errorRow({ value, status, message, description }: ErrorDescriptor): string[] {
  return [code(value), String(status), message, description];
}

function describeRoute(route: RouteDescriptor): string[] {
  return [
    `## ${route.entity}: ${code(route.path)}`,
    route.description,
    ...methodGroups(route.methods).flatMap(describeMethods),
  ];
}

/** GET and HEAD often share their data; methods that do are described once. */
function methodGroups(methods: readonly MethodDescriptor[]): [MethodDescriptor, ...MethodDescriptor[]][] {
  const groups: [MethodDescriptor, ...MethodDescriptor[]][] = [];
  for (const method of methods) {
    const group = groups.find(([first]) => first.successes === method.successes && first.request === method.request);
    if (group === undefined) groups.push([method]);
    else group.push(method);
  }
  return groups;
}

function describeMethods(methods: readonly [MethodDescriptor, ...MethodDescriptor[]]): string[] {
  const [{ description, access, request, successes, failures }] = methods;
  const parameters = [
    ...request.headers.map((parameter) => parameterRow('header', parameter)),
    ...request.query.map((parameter) => parameterRow('query', parameter)),
    ...(request.body === undefined ? [] : [['body', '', code(request.body.contentType), request.body.description]]),
  ];
  const answers = successes.map((success) => [
    String(success.status),
    success.description,
    headerList(success.headers),
    bodyCell(success.body),
  ]);
  return [
    `### ${methods.map(({ method }) => method).join(', ')}`,
    description,
    `Access: ${ACCESS[access]}.`,
    ...(parameters.length === 0 ? [] : [table(['In', 'Name', 'Format', 'Meaning'], parameters)]),
    table(['Status', 'Meaning', 'Headers', 'Body'], answers),
    failureTable(failures.filter((failure) => !FAILURES_EVERYWHERE.includes(failure))),
  ].filter((section) => section !== '');
}

function failureTable(failures: readonly FailureDescriptor[]): string {
  if (failures.length === 0) return '';
  const rows = failures.map((failure) => {
    const { status, value } = errorDescriptor(failure.code);
    return { status, row: [String(status), code(value), failure.when, headerList(failure.headers)] };
  });
  rows.sort((a, b) => a.status - b.status);
  return table(
    ['Status', 'Code', 'When', 'Headers'],
    rows.map(({ row }) => row),
  );
}

function parameterRow(place: string, { name, format, description, required }: ParameterDescriptor): string[] {
  return [place, `${code(name)}${required ? ' (required)' : ''}`, code(format), description];
}

function headerList(headers: readonly ParameterDescriptor[]): string {
  return headers.map(({ name, format, required }) => code(`${name}: ${format}`) + (required ? '' : '?')).join('<br>');
}

function bodyCell(body: BodyDescriptor | undefined): string {
  return body === undefined ? '' : `${code(body.contentType)}: ${body.description}`;
}

function code(text: string): string {
  return `\`${text}\``;
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [header, header.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`).join('\n');
}
