/**
 * Whether a client that sends this `Accept` accepts content of this type: the most specific range that covers the type
 * decides, by its quality (RFC 9110 section 12.5.1). A client without the header, or with an empty one, accepts
 * everything.
 * @param header all lines of the header, joined by commas
 * @param type a media type without parameters
 */
export function accepts(header: string | undefined, type: string): boolean {
  const wanted = type.toLowerCase();
  /** The ranges that cover the type, the most specific first, and the highest quality that each of them has. */
  const covering = [wanted, `${wanted.split('/', 1)[0] ?? ''}/*`, '*/*'];
  const qualities: (number | undefined)[] = [undefined, undefined, undefined];
  let isEmpty = true;
  for (const member of (header ?? '').split(',')) {
    const semicolon = member.indexOf(';');
    const range = (semicolon < 0 ? member : member.slice(0, semicolon)).trim().toLowerCase();
    if (range === '') continue;
    isEmpty = false;
    const rank = covering.indexOf(range);
    if (rank < 0) continue;
    const quality = semicolon < 0 ? 1 : qualityOf(member.slice(semicolon + 1));
    qualities[rank] = Math.max(qualities[rank] ?? 0, quality);
  }
  return isEmpty || (qualities.find((quality) => quality !== undefined) ?? 0) > 0;
}

/** The quality of a range, from 0 (not acceptable) to 1. An invalid weight counts as 1: the client did name the type. */
function qualityOf(parameters: string): number {
  for (const parameter of parameters.split(';')) {
    const text = /^q\s*=\s*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)$/i.exec(parameter.trim())?.[1];
    if (text !== undefined) return Number(text);
  }
  return 1;
}
