// ANSI text → SVG: `node terminal-to-svg.mjs INPUT [LINES]`. Knows the styles that shipgate prints
// (ECMA-48 SGR: bold, dim, the 16 colours); every run of text is put at its own column, so that columns
// stay aligned whatever font the viewer has.
import { readFileSync } from "node:fs";

const [input, lineLimit] = process.argv.slice(2);
const CELL = { width: 8.43, height: 19 };
const PAD = 18;
const COLOURS = ["#484f58", "#ff7b72", "#3fb950", "#d29922", "#58a6ff", "#d2a8ff", "#56d4dd", "#c9d1d9"];
const TEXT = "#e6edf3";
const BACKGROUND = "#0d1117";

const escapeXml = (text) => text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);

/** Columns of a character: 0 for marks, 2 for wide ones. */
const columns = (char) => {
  if (/\p{Mn}|\p{Me}|[\u200b-\u200f\ufe0f]/u.test(char)) return 0;
  return /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u.test(char) ? 2 : 1;
};
const widthOf = (text) => [...text].reduce((sum, char) => sum + columns(char), 0);

const plain = () => ({ colour: TEXT, back: null, bold: false, dim: false });

function applied(style, codes) {
  for (const code of codes.length ? codes : [0]) {
    if (code === 0) style = plain();
    else if (code === 1) style = { ...style, bold: true };
    else if (code === 2) style = { ...style, dim: true };
    else if (code === 22) style = { ...style, bold: false, dim: false };
    else if (code >= 30 && code <= 37) style = { ...style, colour: code === 30 ? BACKGROUND : COLOURS[code - 30] };
    else if (code === 39) style = { ...style, colour: TEXT };
    else if (code >= 40 && code <= 47) style = { ...style, back: COLOURS[code - 40] };
    else if (code === 49) style = { ...style, back: null };
    else if (code >= 90 && code <= 97) style = { ...style, colour: COLOURS[code - 90] };
  }
  return style;
}

const source = readFileSync(input, "utf8").replaceAll("\r", "").replace(/\n+$/, "").split("\n");
const limit = Number(lineLimit) || source.length;
const lines = source.slice(0, limit);
if (source.length > limit) lines.push(`\u001b[2m … ${source.length - limit} more lines\u001b[0m`);

let style = plain();
let widest = 0;
const shapes = [];
lines.forEach((line, row) => {
  let column = 0;
  const y = PAD + row * CELL.height;
  // oxlint-disable-next-line no-control-regex
  for (const part of line.split(/(\u001b\[[0-9;]*m)/)) {
    const codes = /^\u001b\[([0-9;]*)m$/.exec(part);
    if (codes) {
      style = applied(style, codes[1].split(";").filter(Boolean).map(Number));
      continue;
    }
    const width = widthOf(part);
    const at = (offset) => (PAD + (column + offset) * CELL.width).toFixed(2);
    const length = (columns) => (columns * CELL.width).toFixed(2);
    if (style.back) {
      shapes.push(`<rect x="${at(0)}" y="${y}" width="${length(width)}" height="${CELL.height}" rx="3" fill="${style.back}"/>`);
    }
    // Viewers fold spaces, so each group of words between wider gaps stands by itself.
    for (const { 0: words, index } of part.matchAll(/\S+(?: \S+)*/g)) {
      const weight = style.bold ? ' font-weight="700"' : "";
      const opacity = style.dim ? ' opacity="0.62"' : "";
      const x = at(widthOf(part.slice(0, index)));
      const fit = `textLength="${length(widthOf(words))}" lengthAdjust="spacingAndGlyphs"`;
      shapes.push(`<text x="${x}" y="${y + 14}" fill="${style.colour}" ${fit}${weight}${opacity}>${escapeXml(words)}</text>`);
    }
    column += width;
  }
  widest = Math.max(widest, column);
});

const width = Math.ceil(widest * CELL.width + 2 * PAD);
const height = lines.length * CELL.height + 2 * PAD;
const font = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace";
process.stdout.write(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="shipgate in a terminal">
<rect width="100%" height="100%" rx="10" fill="${BACKGROUND}"/>
<g font-family="${font}" font-size="14">
${shapes.join("\n")}
</g>
</svg>
`);
