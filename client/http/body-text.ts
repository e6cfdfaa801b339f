const MAX_LENGTH = 200;

/** The text of a failed answer whose body is not an error of the protocol. */
export interface BodyText {
  /** The text for a message; empty if the body has none. */
  readonly text: string;
  /** An OAuth error code (RFC 6749 section 5.2). */
  readonly oauthError: string | undefined;
}

/**
 * Summarises the body of a failed answer for people: the message of other JSON, the title of an HTML page, such as a
 * proxy's, or the first line of a text.
 * @param body the start of the body
 */
export function bodyText(body: string): BodyText {
  const fields = fieldsOf(body);
  if (fields !== undefined) {
    const say = (name: string): string => (typeof fields[name] === 'string' ? fields[name] : '');
    const text = say('error_description') || say('message') || say('details') || say('detail') || say('error');
    return { text: oneLine(text), oauthError: say('error') || undefined };
  }
  if (/<(?:!doctype|html|head|body)\b/i.test(body)) return { text: pageText(body), oauthError: undefined };
  return { text: /^[[{]/.test(body.trimStart()) ? '' : oneLine(body), oauthError: undefined };
}

function pageText(page: string): string {
  const [, title = ''] = /<title[^>]*>([^<]*)<\/title>/i.exec(page) ?? [];
  const text = oneLine(decodeEntities(title));
  return text === '' ? 'an HTML page' : `an HTML page, ${JSON.stringify(text)}`;
}

function fieldsOf(body: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}

function oneLine(text: string): string {
  const [line = ''] = text.trim().split(/[\r\n]/, 1);
  const plain = line.replaceAll(/\s+/g, ' ').trim();
  return plain.length <= MAX_LENGTH ? plain : `${plain.slice(0, MAX_LENGTH)}…`;
}

function decodeEntities(text: string): string {
  const names: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', nbsp: ' ' };
  return text.replaceAll(/&(amp|lt|gt|quot|nbsp);/g, (_, name: string) => names[name] ?? '');
}
