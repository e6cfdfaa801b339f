/** An element of XML. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: string;
  readonly children: XmlElement[];
  text: string;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/**
 * Reads an answer of the service: elements with text, without comments, CDATA and definitions, of which it sends none.
 * @returns the root
 * @throws Error when the text is not such XML
 */
export function parseXml(body: Buffer): XmlElement {
  const text = body.toString('utf8').replace(/^\uFEFF/, '');
  const top: XmlElement = { name: '', attributes: '', children: [], text: '' };
  const open = [top];
  for (const [, closing, name = '', attributes = '', empty, value = ''] of text.matchAll(
    /<(\/?)([^\s<>/?!]+)((?:\s[^<>]*?)?)(\/?)>([^<]*)/g,
  )) {
    const current = open.at(-1) ?? top;
    if (closing === '/') {
      if (current.name !== name) throw new Error(`</${name}> ends nothing in an answer of the service`);
      open.pop();
      continue;
    }
    const element: XmlElement = { name, attributes, children: [], text: empty === '/' ? '' : decode(value) };
    current.children.push(element);
    if (empty !== '/') open.push(element);
  }
  const [root] = top.children;
  if (root === undefined || open.length > 1) throw new Error('the service sent an answer that is not complete XML');
  return root;
}

/** The children with a name, through each of `path`. */
export function elementsOf(element: XmlElement, ...path: readonly string[]): XmlElement[] {
  return path.reduce<XmlElement[]>(
    (found, name) => found.flatMap(({ children }) => children.filter((child) => child.name === name)),
    [element],
  );
}

/** The text of the first element at `path`; empty when there is none. */
export function textAt(element: XmlElement, ...path: readonly string[]): string {
  return elementsOf(element, ...path)[0]?.text ?? '';
}

function decode(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex?: string, decimal?: string, name = '') => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    return ENTITIES[String(name)] ?? whole;
  });
}
