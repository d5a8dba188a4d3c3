/** A family's plot as an SVG that stands alone: no scripts, no fonts of its own, the same bytes for the same plot. */
import { renderBars } from "./plot/bars.ts";
import { renderLines } from "./plot/lines.ts";
import type { Plot } from "./result.ts";

export const renderPlot = (plot: Plot): string =>
  plot.kind === "bars" ? renderBars(plot) : renderLines(plot);
