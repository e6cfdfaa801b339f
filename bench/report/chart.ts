/** One bar of the chart. */
export interface Bar {
  readonly title: string;
  /** The throughput as a multiple of the rival's. */
  readonly ratios: readonly { readonly name: string; readonly ratio: number }[];
}

const WIDTH = 860;
const LEFT = 300;
const RIGHT = 70;
const TOP = 56;
const BAR = 12;
const GAP = 12;
/** The axis is logarithmic; it begins at a third of the rival's throughput. */
const LEAST = 1 / 3;

/**
 * Draws the throughput of each registry as a multiple of the rival's, on a logarithmic axis. The colours follow the
 * reader's light or dark scheme.
 */
export function chart(bars: readonly Bar[], rival: string): string {
  const names = [...new Set(bars.flatMap(({ ratios }) => ratios.map(({ name }) => name)))];
  const most = Math.max(10, ...bars.flatMap(({ ratios }) => ratios.map(({ ratio }) => ratio)));
  const x = (ratio: number): number =>
    LEFT + ((WIDTH - LEFT - RIGHT) * Math.log(Math.max(ratio, LEAST) / LEAST)) / Math.log(most / LEAST);
  const parts: string[] = [];
  let y = TOP;
  for (const { title, ratios } of bars) {
    parts.push(text(LEFT - 10, y + (ratios.length * BAR) / 2 + 4, title, 'end'));
    for (const { name, ratio } of ratios) {
      const width = x(ratio) - LEFT;
      parts.push(
        `<rect class="b${names.indexOf(name)}" x="${LEFT}" y="${y}" width="${width.toFixed(1)}" height="${BAR - 2}"/>`,
      );
      parts.push(text(LEFT + width + 5, y + BAR - 3, `${ratio.toFixed(ratio < 10 ? 1 : 0)}×`));
      y += BAR;
    }
    y += GAP;
  }
  const axis = [1, 10, 100, 1000].filter((ratio) => ratio <= most).map((ratio) => line(x(ratio), y, `${ratio}×`));
  const legend = names.map((name, index) => {
    const left = LEFT + index * 190;
    return `<rect class="b${index}" x="${left}" y="12" width="10" height="10"/>${text(left + 15, 21, name)}`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y + 24}" role="img">`,
    `<title>Throughput as a multiple of that of ${escape(rival)}</title>`,
    STYLE,
    ...legend,
    ...axis,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

const STYLE = `<style>
text { font: 12px system-ui, sans-serif; fill: #24292f; }
line { stroke: #8c959f; stroke-dasharray: 2 3; }
.b0 { fill: #0969da; } .b1 { fill: #1a7f37; } .b2 { fill: #9a6700; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; } line { stroke: #6e7681; }
  .b0 { fill: #58a6ff; } .b1 { fill: #3fb950; } .b2 { fill: #d29922; }
}
</style>`;

function line(x: number, bottom: number, label: string): string {
  const at = x.toFixed(1);
  return `<line x1="${at}" y1="${TOP - 8}" x2="${at}" y2="${bottom}"/>${text(x, bottom + 14, label, 'middle')}`;
}

function text(x: number, y: number, content: string, anchor = 'start'): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}">${escape(content)}</text>`;
}

function escape(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
