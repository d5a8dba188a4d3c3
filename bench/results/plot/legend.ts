/** The markers that tell lines apart without colour, and the legend that says whose they are. */
import * as draw from "./frame.ts";

export interface Entry {
  readonly label: string;
  readonly colour: string;
  /** Which shape; from 0. */
  readonly marker: number;
}

/** Beneath the title, in as many lines as it takes. */
export function drawLegend(entries: readonly Entry[], top: number) {
  const elements: string[] = [];
  let x = draw.padding;
  let y = top + 8;
  for (const { label, colour, marker } of entries) {
    const wide = 20 + draw.widthOf(label, draw.size.label);
    if (x > draw.padding && x + wide > draw.width - draw.padding) {
      x = draw.padding;
      y += 22;
    }
    elements.push(drawMarker(x + 7, y - 4, marker, colour), draw.text(x + 20, y + 1, label));
    x += wide + 20;
  }
  return { elements, bottom: y + 6 };
}

export function drawMarker(x: number, y: number, marker: number, fill: string): string {
  const edge = `fill="${fill}" stroke="${draw.mocha.base}" stroke-width="1.5"`;
  const shape = (...corners: (readonly [number, number])[]) =>
    `<polygon points="${corners.map(([dx, dy]) => `${draw.px(x + dx)},${draw.px(y + dy)}`).join(" ")}" ${edge}/>`;
  switch (marker % 4) {
    case 0:
      return `<circle cx="${draw.px(x)}" cy="${draw.px(y)}" r="5" ${edge}/>`;
    case 1:
      return shape([-5, -5], [5, -5], [5, 5], [-5, 5]);
    case 2:
      return shape([0, -7], [7, 0], [0, 7], [-7, 0]);
    default:
      return shape([0, -6.5], [6.5, 5], [-6.5, 5]);
  }
}
