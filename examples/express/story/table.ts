import type { Paint } from "./palette.ts";
import type { Result } from "./play.ts";
import { wrap } from "./wrap.ts";

/**
 * The story as a table: a sentence a step, and below it the request, the status, the code and the remedy.
 * @param width in characters, 80 to 120.
 */
export function storyTable(paint: Paint, width: number) {
  const flexible = width - 3 - 8 - 21;
  const request = Math.min(36, Math.round(flexible * 0.53));
  const columns = [request, 6, 19, flexible - request - 2] as const;

  /** One line or more: the cells side by side, each wrapped in its own column. */
  function line(cells: readonly string[], colours: readonly Parameters<Paint>[0][]): string {
    const wrapped = cells.map((cell, index) => wrap(cell, columns[index] ?? width));
    const height = Math.max(...wrapped.map((lines) => lines.length));
    return Array.from({ length: height }, (_, row) => {
      const texts = wrapped.map((lines, index) => {
        const last = index === cells.length - 1;
        const text = (lines[row] ?? "").padEnd(last ? 0 : (columns[index] ?? 0));
        return paint(colours[index] ?? "text", text);
      });
      return `   ${texts.join("  ")}`.trimEnd();
    }).join("\n");
  }

  return {
    head: () =>
      [
        line(["Request", "Status", "Code", "Remedy"], Array(4).fill("overlay")),
        ` ${paint("surface", "─".repeat(width - 2))}`,
      ].join("\n"),

    chapter: (title: string) => `\n ${paint("mauve", title)}`,

    row(result: Result): string {
      const { step, answer, code, mistakes } = result;
      const good = mistakes.length === 0;
      const times = step.asks.times ? ` (×${step.asks.times})` : "";
      const sentence = wrap(step.says, width - 4).join("\n   ");
      const cells = [step.asks.request + times, String(answer.status), code, remark(result)];
      const colour = statusColour(answer.status);
      return [
        ` ${good ? paint("green", "✓") : paint("red", "✗")} ${paint("text", sentence)}`,
        line(cells, ["subtext", colour, colour, code === "allowed" ? "subtext" : "teal"]),
        ...mistakes.flatMap((mistake) =>
          wrap(`✗ ${mistake}`, width - 4).map((text) => `   ${paint("red", text)}`),
        ),
      ].join("\n");
    },

    summary(results: readonly Result[]): string {
      const wrong = results.filter(({ mistakes }) => mistakes.length > 0);
      const rule = ` ${paint("surface", "─".repeat(width - 2))}\n`;
      if (wrong.length === 0) {
        return `${rule} ${paint("green", `All ${results.length} steps went as told.`)}`;
      }
      return [
        `${rule} ${paint("red", `${wrong.length} of ${results.length} steps did not go as told:`)}`,
        ...wrong.map(
          ({ step, mistakes }) => ` ${paint("red", "✗")} ${step.says}\n   ${mistakes.join("; ")}`,
        ),
      ].join("\n");
    },
  };
}

function statusColour(status: number) {
  if (status === 0) return "red";
  if (status < 400) return "green";
  return status === 429 ? "yellow" : status < 500 ? "peach" : "red";
}

/** What would help, or, where nothing has to, what is left to spend. */
function remark({ answer: { headers, body }, code }: Result): string {
  if (code !== "allowed") return remedy(body.remedy, headers["retry-after"]);
  const tokens = body["ai-tokens"]?.remaining;
  if (tokens !== undefined) return `left: ${count(tokens)} ai-tokens`;
  // RateLimit: "api";r=5;t=2
  const limits = String(headers.ratelimit ?? "").matchAll(/"([^"]+)"[^,]*;r=(\d+)/g);
  const left = Array.from(limits, ([, name, units]) => `${count(Number(units))} ${name}`);
  return left.length === 0 ? "" : `left: ${left.join(", ")}`;
}

interface RemedyBody {
  readonly authenticate?: true;
  readonly retryAt?: string | number;
  readonly plans?: readonly string[];
  readonly scopes?: readonly string[];
  readonly roles?: readonly string[];
  readonly request?: string;
}

function remedy(given: RemedyBody = {}, retryAfter: unknown): string {
  const ways: string[] = [];
  if (given.authenticate) ways.push("sign in");
  if (given.scopes) ways.push(`the scope ${given.scopes.join(" ")}`);
  if (given.roles) ways.push(`the role ${given.roles.join(", ")}`);
  if (given.plans) ways.push(`the plan ${given.plans.join(" or ")}`);
  if (retryAfter) ways.push(`wait ${duration(Number(retryAfter))}`);
  if (given.request) ways.push(given.request);
  return ways.join(", or ") || "none";
}

function count(units: number): string {
  return units.toLocaleString("en");
}

function duration(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.ceil(seconds / 60)} minutes`;
  return seconds < 172_800
    ? `${Math.ceil(seconds / 3_600)} hours`
    : `${Math.ceil(seconds / 86_400)} days`;
}
