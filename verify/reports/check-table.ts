import type { Check } from '../check.ts';

/** The checks as rows of a table: id, level, rule with a link to its source, who suffers. */
export function checkRows(checks: readonly Check[]): readonly (readonly string[])[] {
  return [
    ['check', 'level', 'rule', 'who suffers, and how'],
    ...checks.map(({ id, level, title, section, link, suffers }) => [
      `\`${id}\``,
      level,
      `${cell(title)} ([${cell(section)}](${link}))`,
      cell(`${suffers.clients.join(', ')}: ${suffers.what}`),
    ]),
  ];
}

function cell(text: string): string {
  return text.replaceAll(/[<*|]/g, '\\$&');
}
