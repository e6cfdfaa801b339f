const MAX_ENTRIES = 5;
const MAX_LENGTH = 300;

/**
 * The `detail` of an error in words, for a message; empty when there is nothing to say.
 * @param known a text that is shown as well: its content is not repeated
 */
export function detailText(detail: unknown, known = ''): string {
  const text = wordsOf(detail, known);
  return text.length <= MAX_LENGTH ? text : `${text.slice(0, MAX_LENGTH)}…`;
}

function wordsOf(detail: unknown, known: string): string {
  if (detail === undefined || detail === null) return '';
  if (Array.isArray(detail)) return listed(detail, known);
  if (typeof detail === 'string') return known.includes(detail.trim()) ? '' : detail.trim();
  if (typeof detail !== 'object') return JSON.stringify(detail);
  const fields = detail as Readonly<Record<string, unknown>>;
  return accessText(fields) ?? fieldsText(fields, known);
}

function listed(items: readonly unknown[], known: string): string {
  const texts = items.map((item) => wordsOf(item, known)).filter((text) => text !== '');
  const more = texts.length > MAX_ENTRIES ? `, and ${texts.length - MAX_ENTRIES} more` : '';
  return texts.slice(0, MAX_ENTRIES).join(', ') + more;
}

/** The text for distribution's detail of a denied access. */
function accessText({ Type, Name, Action }: Readonly<Record<string, unknown>>): string | undefined {
  return [Type, Name, Action].every((each) => typeof each === 'string')
    ? `${String(Action)} of ${String(Type)} ${String(Name)}`
    : undefined;
}

function fieldsText(fields: Readonly<Record<string, unknown>>, known: string): string {
  const texts = Object.entries(fields).map(([name, value]) => {
    const text = wordsOf(value, known);
    if (text === '') return '';
    // Whole sentences need no field name.
    return /^(?:reason|message|detail|error)$/i.test(name) ? text : `${name} ${text}`;
  });
  return texts.filter((text) => text !== '').join(', ');
}
