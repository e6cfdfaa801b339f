/** One member of an `Accept` header: a media range and how much it is wanted, from 0 (not at all) to 1. */
interface MediaRange {
  readonly type: string;
  readonly quality: number;
}

/**
 * Whether a client that sends this `Accept` takes content of this type: the most specific range that covers the type
 * decides, by its quality (RFC 9110 section 12.5.1). Without the header, or with one that holds nothing, everything
 * is taken.
 * @param header all its lines, joined by commas
 * @param type a media type without parameters
 */
export function accepts(header: string | undefined, type: string): boolean {
  const ranges = parseAccept(header ?? '');
  if (ranges.length === 0) return true;
  const wanted = type.toLowerCase();
  for (const covering of [wanted, `${wanted.split('/', 1)[0] ?? ''}/*`, '*/*']) {
    const qualities = ranges.filter((range) => range.type === covering).map(({ quality }) => quality);
    if (qualities.length > 0) return Math.max(...qualities) > 0;
  }
  return false;
}

function parseAccept(header: string): MediaRange[] {
  return header.split(',').flatMap((member) => {
    const [type = '', ...parameters] = member.split(';').map((part) => part.trim().toLowerCase());
    return type === '' ? [] : [{ type, quality: qualityOf(parameters) }];
  });
}

// A weight that is none is taken for 1: the client did name the type.
function qualityOf(parameters: readonly string[]): number {
  for (const parameter of parameters) {
    const text = /^q\s*=\s*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)$/.exec(parameter)?.[1];
    if (text !== undefined) return Number(text);
  }
  return 1;
}
