import { describe, expect, it } from "vitest";
import type { Machine } from "./machine.ts";
import { renderMarkdown } from "./markdown.ts";
import { renderPlot } from "./plot.ts";
import type { FamilyResult, Plot } from "./result.ts";
import { plain, renderFamily } from "./terminal.ts";

const machine: Machine = {
  ...{ node: "24.0.0", v8: "13.6", processor: "2 × Example", memory: "8.0 GiB" },
  ...{ kernel: "Linux 6.1.0", packages: [["jose", "6.0.0"]], date: "2026-11-22" },
};
const bars: Plot = {
  ...{ kind: "bars", title: "Time <&> noise", unit: "ns", logarithmic: false },
  bars: [
    { label: "Flux", side: "flux", value: 25 },
    { label: 'the "others"', side: "others", value: 100 },
  ],
};
const lines: Plot = {
  ...{ kind: "lines", title: "Growth", x: "routes", y: "ns" },
  series: [
    {
      label: "Flux",
      side: "flux",
      points: [
        [10, 100],
        [100, 100],
        [1_000, 0],
      ],
    },
    {
      label: "others",
      side: "others",
      points: [
        [10, 100],
        [1_000, 10_000],
      ],
    },
  ],
};
const family: FamilyResult = {
  title: "One decision",
  what: "A decision | in a `for_each` loop_.",
  rows: [
    { name: "hot <key>", value: 59.96, unit: "ns", spread: [50, 70], target: { most: 60 } },
    { name: "throughput", value: 2.5, unit: "×", target: { least: 3 } },
    { name: "per second", value: 12_345, unit: "a second" },
  ],
  plot: bars,
  remarks: ["It is slower at first."],
};

describe("RESULTS.md", () => {
  const text = renderMarkdown([{ key: "decide", result: family }], machine, true);
  it("tells met and missed targets apart, in words", () => {
    expect(text).toContain("Of 2, 1 missed.");
    expect(text).toContain("| hot &lt;key> | 60 ns | 50 to 70 | at most 60 ns | met |");
    expect(text).toContain("| throughput | 2.5 × |  | at least 3 × | **missed** |");
    expect(text).toContain("| per second | 12,300 a second |  |  |  |");
  });
  it("collects at its end where Flux loses", () => {
    const losses = text.slice(text.indexOf("## Where Flux loses"));
    expect(losses).toContain("One decision, throughput: 2.5 ×, where at least 3 × is the target.");
    expect(losses).toContain("One decision: It is slower at first.");
    expect(losses).not.toContain("hot");
  });
  it("shows the plot, and lets no text become markup", () => {
    expect(text).toContain("![Time &lt;&amp;> noise](plots/decide.svg)");
    expect(text).toContain("A decision \\| in a `for_each` loop\\_.");
  });
});

describe("plots", () => {
  it("are the same for the same figures, and escape what they say", () => {
    expect(renderPlot(bars)).toBe(renderPlot(structuredClone(bars)));
    expect(renderPlot(bars)).toContain('<title id="title">Time &lt;&amp;&gt; noise</title>');
    expect(renderPlot(bars)).toContain("the &quot;others&quot;: 100 ns.");
  });
  it("draw bars as long as their values", () => {
    const [flux, others] = [...renderPlot(bars).matchAll(/width="([\d.]+)" height="22"/g)];
    expect(Number(others?.[1]) / Number(flux?.[1])).toBeCloseTo(4, 1);
  });
  it("draw equal steps for equal factors, and leave out what has no logarithm", () => {
    const svg = renderPlot(lines);
    const [flux, others] = [...svg.matchAll(/ d="([^"]*)"/g)].map(([, path = ""]) =>
      path
        .split(/[ML]/)
        .filter(Boolean)
        .map((point) => point.split(" ").map(Number)),
    );
    expect(flux).toHaveLength(2);
    expect(flux?.[0]?.[1]).toBe(flux?.[1]?.[1]);
    expect(others).toHaveLength(2);
    expect(flux?.[0]).toEqual(others?.[0]);
    const middle = ((others?.[0]?.[0] ?? 0) + (others?.[1]?.[0] ?? 0)) / 2;
    expect(flux?.[1]?.[0]).toBeCloseTo(middle, 0);
    expect(svg).toContain("1 of 5 points");
    expect(svg).not.toContain("NaN");
  });
});

it("prints a family plainly where colours are not wanted", () => {
  const printed = renderFamily(family, plain);
  expect(printed).toContain("hot <key>             60 ns  50 to 70  met     at most 60 ns");
  expect(printed).not.toContain("\u001b");
});
