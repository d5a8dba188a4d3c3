/** Horizontal bars, each with its label before it and its value behind it. */
import { figure, number } from "../format.ts";
import type { Bar, Plot, Unit } from "../result.ts";
import { type Axis, labelled, linearAxis, logAxis } from "./axis.ts";
import * as draw from "./frame.ts";

type Bars = Extract<Plot, { kind: "bars" }>;

const barHeight = 22;
const lineHeight = 18;
const gap = 14;
const widestLabel = 270;

export function renderBars({ title, unit, logarithmic, bars }: Bars): string {
  const positive = bars.map(({ value }) => value).filter((value) => value > 0);
  const axis =
    logarithmic && positive.length > 0
      ? logAxis(positive, true)
      : linearAxis(Math.max(0, ...positive));
  return draw.frame({
    title,
    subtitle: [unitOf(unit), ...(logarithmic ? ["logarithmic axis"] : []), ...betterOf(unit)].join(
      " · ",
    ),
    description: `${bars.map(({ label, value }) => `${label}: ${figure(value, unit)}`).join("; ")}.`,
    draw: (top) => drawBars(bars, unit, axis, top),
  });
}

function drawBars(bars: readonly Bar[], unit: Unit, axis: Axis, top: number) {
  const labels = bars.map(({ label }) => draw.wrap(label, draw.size.label, widestLabel));
  const values = bars.map(({ value }) => figure(value, unit));
  const left =
    draw.padding + 12 + Math.max(0, ...labels.flat().map((l) => draw.widthOf(l, draw.size.label)));
  const right =
    draw.width -
    draw.padding -
    8 -
    Math.max(0, ...values.map((v) => draw.widthOf(v, draw.size.label)));
  const x = (value: number) => left + axis.share(value) * (right - left);

  const drawn: string[] = [];
  let y = top;
  bars.forEach(({ side, value }, i) => {
    const lines = labels[i] as string[];
    const height = Math.max(barHeight, lines.length * lineHeight);
    const middle = y + height / 2;
    const first = middle - ((lines.length - 1) * lineHeight) / 2 + 5;
    drawn.push(
      ...lines.map((words, j) =>
        draw.text(left - 12, first + j * lineHeight, words, { anchor: "end" }),
      ),
    );
    // What is 0, or less, has no length.
    const length = value > 0 ? x(value) - left : 0;
    if (length > 0)
      drawn.push(
        `<rect x="${draw.px(left)}" y="${draw.px(middle - barHeight / 2)}" width="${draw.px(Math.max(1, length))}" height="${barHeight}" rx="3" fill="${draw.colourOf(side)}"/>`,
      );
    drawn.push(
      draw.text(left + length + 8, middle + 5, values[i] as string, { weight: 600, halo: true }),
    );
    y += height + gap;
  });

  const bottom = y - gap + 10;
  const told = labelled(axis.ticks, right - left);
  const grid = axis.ticks.flatMap((tick, i) => [
    draw.line(
      x(tick),
      top - 6,
      x(tick),
      bottom,
      i === 0 ? draw.mocha.surface1 : draw.mocha.surface0,
    ),
    ...(told.has(tick)
      ? [
          draw.text(x(tick), bottom + 18, number(tick), {
            size: draw.size.tick,
            fill: draw.mocha.subtext,
            anchor: "middle",
          }),
        ]
      : []),
  ]);
  return { elements: [...grid, ...drawn], bottom: bottom + 18 };
}

const unitOf = (unit: Unit): string =>
  unit === "×" ? "times" : unit === "ns" || unit === "µs" || unit === "ms" ? `time, ${unit}` : unit;

/** Of a ratio or of calls nobody can say in general. */
function betterOf(unit: Unit): string[] {
  if (unit === "a second") return ["more is better"];
  return unit === "×" || unit === "calls" ? [] : ["less is better"];
}
