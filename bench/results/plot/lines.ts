/** How things grow: lines with markers on two logarithmic axes. */
import { number } from "../format.ts";
import type { Plot, Series } from "../result.ts";
import { type Axis, isDecade, labelled, logAxis } from "./axis.ts";
import * as draw from "./frame.ts";
import { drawLegend, drawMarker, type Entry } from "./legend.ts";

type Lines = Extract<Plot, { kind: "lines" }>;
type Point = Series["points"][number];

const plotHeight = 320;

/** A logarithmic axis has no place for 0. */
const hasPlace = ([x, y]: Point): boolean => x > 0 && y > 0;

/** Where the axes are, px. */
interface Area {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly xAxis: Axis;
  readonly yAxis: Axis;
}

const xOf = ({ left, right, xAxis }: Area, value: number) =>
  left + xAxis.share(value) * (right - left);
const yOf = ({ top, bottom, yAxis }: Area, value: number) =>
  bottom - yAxis.share(value) * (bottom - top);

export const renderLines = ({ title, x, y, series }: Lines): string =>
  draw.frame({
    title,
    subtitle: `${y} · logarithmic axes`,
    description: `${y} by ${x}. ${series.map(inWords).join("; ")}.`,
    draw: (top) => drawLines(series, x, top),
  });

const inWords = ({ label, points }: Series): string =>
  `${label}: ${points.map(([x, y]) => `${number(y)} at ${number(x)}`).join(", ")}`;

function drawLines(series: readonly Series[], xName: string, top: number) {
  const all = series.flatMap(({ points }) => points);
  const placed = all.filter(hasPlace);
  const axisOf = (at: 0 | 1) =>
    logAxis(placed.length === 0 ? [1] : placed.map((point) => point[at]), false);
  const seen = { flux: 0, others: 0, bare: 0 };
  const entries = series.map(({ label, side }, marker) => ({
    label,
    marker,
    colour: draw.colourOf(side, seen[side]++),
  }));

  const legend = drawLegend(entries, top);
  const [xAxis, yAxis] = [axisOf(0), axisOf(1)];
  const ticks = yAxis.ticks.map((tick) => draw.widthOf(number(tick), draw.size.tick));
  const area: Area = {
    left: draw.padding + Math.max(...ticks) + 8,
    right: draw.width - draw.padding - 24,
    top: legend.bottom + 12,
    bottom: legend.bottom + 12 + plotHeight,
    xAxis,
    yAxis,
  };
  const lost = all.length - placed.length;
  const foot = area.bottom + 42;
  return {
    elements: [
      ...legend.elements,
      ...drawGrid(area),
      draw.text((area.left + area.right) / 2, foot, xName, {
        fill: draw.mocha.subtext,
        anchor: "middle",
      }),
      ...series.flatMap((one, i) => drawSeries(one, entries[i] as Entry, area)),
      ...(lost === 0
        ? []
        : [
            draw.text(
              draw.padding,
              foot + 24,
              `Not drawn, since logarithmic axes have no 0: ${lost} of ${all.length} points.`,
              { size: draw.size.tick, fill: draw.mocha.subtext },
            ),
          ]),
    ],
    bottom: lost === 0 ? foot : foot + 24,
  };
}

function drawGrid(area: Area): string[] {
  const { left, right, top, bottom, xAxis, yAxis } = area;
  const style = { size: draw.size.tick, fill: draw.mocha.subtext } as const;
  const shade = (tick: number) => (isDecade(tick) ? draw.mocha.surface1 : draw.mocha.surface0);
  const told = labelled(xAxis.ticks, right - left);
  const down = xAxis.ticks.flatMap((tick) => {
    const x = xOf(area, tick);
    const words = draw.text(x, bottom + 18, number(tick), { ...style, anchor: "middle" });
    return [draw.line(x, top, x, bottom, shade(tick)), ...(told.has(tick) ? [words] : [])];
  });
  const across = yAxis.ticks.flatMap((tick) => {
    const y = yOf(area, tick);
    return [
      draw.line(left, y, right, y, shade(tick)),
      draw.text(left - 8, y + 4, number(tick), { ...style, anchor: "end" }),
    ];
  });
  return [...down, ...across];
}

/** The line is broken where a point has no place. */
function drawSeries({ side, points }: Series, { colour, marker }: Entry, area: Area): string[] {
  const sorted = [...points].sort(([a], [b]) => a - b);
  const path = sorted.map((point, i) => {
    if (!hasPlace(point)) return "";
    const before = sorted[i - 1];
    const pen = before !== undefined && hasPlace(before) ? "L" : "M";
    return `${pen}${draw.px(xOf(area, point[0]))} ${draw.px(yOf(area, point[1]))}`;
  });
  const dashes = side === "bare" ? ' stroke-dasharray="6 4"' : "";
  return [
    `<path d="${path.join("")}" fill="none" stroke="${colour}" stroke-width="2.5" stroke-linejoin="round"${dashes}/>`,
    ...sorted
      .filter(hasPlace)
      .map(([x, y]) => drawMarker(xOf(area, x), yOf(area, y), marker, colour)),
  ];
}
