/** The benchmark's table, in the palette of Catppuccin Mocha; plain where NO_COLOR asks for it. */
const mocha = {
  mauve: "203;166;247",
  text: "205;214;244",
  green: "166;227;161",
  red: "243;139;168",
  overlay: "127;132;156",
} as const;

const plain = process.env.NO_COLOR !== undefined || !process.stdout.isTTY;
const paint = (colour: keyof typeof mocha, text: string) =>
  plain ? text : `\u001b[38;2;${mocha[colour]}m${text}\u001b[39m`;

export class Report {
  readonly #lines: string[] = [];
  #missed = 0;

  note(text: string): void {
    this.#lines.push(paint("overlay", text));
  }

  title(name: string, what: string): void {
    this.#lines.push("", `${paint("mauve", name)}  ${paint("overlay", what)}`);
  }

  /** @param target what the figure may be at most; absent: it is told, and nothing is promised. */
  row(name: string, value: number, unit: string, target?: number): void {
    const figure = `${value.toFixed(value < 10 ? 2 : 0).padStart(10)} ${unit.padEnd(8)}`;
    let verdict = "";
    if (target !== undefined) {
      const met = value <= target;
      if (!met) this.#missed++;
      verdict = paint(
        met ? "green" : "red",
        `${met ? "met   " : "missed"}  at most ${Number(target.toPrecision(3))} ${unit}`,
      );
    }
    this.#lines.push(`  ${paint("text", name.padEnd(44))}${figure} ${verdict}`);
  }

  /** Prints everything; the exit code. */
  print(): number {
    console.log(`${this.#lines.join("\n")}\n`);
    return this.#missed === 0 ? 0 : 1;
  }
}
