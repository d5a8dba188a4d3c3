/** What every plot has: its ground, its title, what it says to those who do not see it; and its palette. */
import type { Side } from "../result.ts";

/** Catppuccin Mocha. */
export const mocha = {
  base: "#1e1e2e",
  text: "#cdd6f4",
  subtext: "#a6adc8",
  surface0: "#313244",
  surface1: "#45475a",
} as const;

/** The first is the side's own; the others tell several series of one side apart. */
const accents: Record<Side, readonly string[]> = {
  flux: ["#cba6f7", "#a6e3a1", "#89dceb", "#89b4fa", "#94e2d5"],
  others: ["#fab387", "#f9e2af", "#f38ba8", "#f5c2e7", "#eba0ac"],
  bare: ["#7f849c", "#9399b2", "#6c7086"],
};

/** @param nth of its side, from 0. */
export function colourOf(side: Side, nth = 0): string {
  const colours = accents[side];
  return colours[nth % colours.length] as string;
}

export const width = 800;
export const padding = 24;

/** Sizes of text, px. */
export const size = { title: 18, label: 14, tick: 12 } as const;

/**
 * How wide a text is at most, px: the fonts are the reader's own, so it is guessed by a wide one,
 * of 0.62 em a character.
 */
export const widthOf = (text: string, px: number): number => text.length * px * 0.62;

/** Lines that are no wider, px, and about as long as each other; a word that is wider stays whole. */
export function wrap(text: string, px: number, widest: number): string[] {
  let lines = fill(text, px, widest);
  for (let narrower = widest - px; narrower > 0; narrower -= px) {
    const even = fill(text, px, narrower);
    if (even.length > lines.length || even.some((line) => widthOf(line, px) > narrower)) break;
    lines = even;
  }
  return lines;
}

function fill(text: string, px: number, widest: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && widthOf(`${last} ${word}`, px) <= widest)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

export const escaped = (text: string): string =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");

/** Tenths of a pixel. */
export const px = (value: number): string => `${Math.round(value * 10) / 10}`;

export interface TextStyle {
  readonly size?: number;
  readonly fill?: string;
  readonly anchor?: "start" | "middle" | "end";
  readonly weight?: number;
  /** Whether lines behind it are kept away from its letters. */
  readonly halo?: boolean;
}

/** @param y of the baseline. */
export function text(x: number, y: number, words: string, style: TextStyle = {}): string {
  const { size: points = size.label, fill = mocha.text, anchor = "start", weight, halo } = style;
  const more = [
    anchor === "start" ? "" : ` text-anchor="${anchor}"`,
    weight === undefined ? "" : ` font-weight="${weight}"`,
    halo ? ` stroke="${mocha.base}" stroke-width="4" paint-order="stroke"` : "",
  ].join("");
  return `<text x="${px(x)}" y="${px(y)}" font-size="${points}" fill="${fill}"${more}>${escaped(words)}</text>`;
}

export const line = (x1: number, y1: number, x2: number, y2: number, stroke: string): string =>
  `<line x1="${px(x1)}" y1="${px(y1)}" x2="${px(x2)}" y2="${px(y2)}" stroke="${stroke}"/>`;

export interface Frame {
  readonly title: string;
  /** Under the title: units, and how to read the axes. */
  readonly subtitle: string;
  /** All that is drawn, in words. */
  readonly description: string;
  /** Draws from `top` on, and says where it ends; px. */
  draw(top: number): { readonly elements: readonly string[]; readonly bottom: number };
}

export function frame({ title, subtitle, description, draw }: Frame): string {
  const titles = wrap(title, size.title, width - 2 * padding);
  const subtitles = wrap(subtitle, size.label, width - 2 * padding);
  let y = padding - 4;
  const head = [
    ...titles.map((words) => {
      y += 24;
      return text(padding, y - 4, words, { size: size.title, weight: 600 });
    }),
    ...subtitles.map((words) => {
      y += 20;
      return text(padding, y, words, { fill: mocha.subtext });
    }),
  ];
  const { elements, bottom } = draw(y + 20);
  const height = Math.ceil(bottom + padding);
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title description" font-family="system-ui, sans-serif">`,
    `<title id="title">${escaped(title)}</title>`,
    `<desc id="description">${escaped(description)}</desc>`,
    `<rect width="${width}" height="${height}" rx="12" fill="${mocha.base}"/>`,
    ...head,
    ...elements,
    "</svg>",
  ].join("\n")}\n`;
}
