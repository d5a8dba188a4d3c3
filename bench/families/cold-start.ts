/** Family (d): how long it takes until the first decision can be made, and what is loaded for it. */
import { bundles } from "../cold-start/bundles.ts";
import { starts } from "../cold-start/starts.ts";
import { median, ratios, rowOf } from "../measure/rounds.ts";
import type { FamilyResult } from "../results/result.ts";

export async function run({ quick }: { quick: boolean }): Promise<FamilyResult> {
  const { flux, assembled } = await starts(quick ? 7 : 21);
  const { edgeCore, packages } = await bundles();
  const whole = (rounds: typeof flux) => rounds.map(({ imported, defined }) => imported + defined);
  return {
    title: "Cold start",
    what: "From nothing to being able to decide, in a fresh process: the import of `@flux/core` and `defineFlux` of the Express example's config; beside it the imports of the assembled stack and the making of its parts. Then what is loaded: each package bundled by esbuild, minified and gzipped, frameworks and database clients left out; kB are 1,000 bytes.",
    rows: [
      rowOf(
        "import of @flux/core",
        flux.map(({ imported }) => imported),
        "ms",
      ),
      rowOf(
        "defineFlux of the example",
        flux.map(({ defined }) => defined),
        "ms",
      ),
      rowOf("both", whole(flux), "ms", { most: 60 }),
      rowOf(
        "the assembled stack: imports",
        assembled.map(({ imported }) => imported),
        "ms",
      ),
      rowOf(
        "the assembled stack: making its parts",
        assembled.map(({ defined }) => defined),
        "ms",
      ),
      rowOf("Flux's start over theirs", ratios(whole(flux), whole(assembled)), "×", { most: 0.5 }),
      {
        name: "the core for the edge, with jose and its schema",
        value: edgeCore,
        unit: "kB",
        target: { most: 60 },
      },
      ...packages.map(({ name, gzipped }) => ({ name, value: gzipped, unit: "kB" as const })),
    ],
    plot: {
      kind: "bars",
      title: "Cold start",
      unit: "ms",
      logarithmic: false,
      bars: [
        { label: "Flux", side: "flux", value: median(whole(flux)) },
        { label: "assembled", side: "others", value: median(whole(assembled)) },
      ],
    },
    remarks: [],
  };
}

if (import.meta.main) console.dir(await run({ quick: true }), { depth: 9 });
