/** Catppuccin Mocha, in 24-bit colour. https://catppuccin.com/palette */
const mocha = {
  text: "205;214;244",
  subtext: "166;173;200",
  overlay: "127;132;156",
  surface: "88;91;112",
  green: "166;227;161",
  yellow: "249;226;175",
  peach: "250;179;135",
  red: "243;139;168",
  mauve: "203;166;247",
  teal: "148;226;213",
  blue: "137;180;250",
} as const;

export type Colour = keyof typeof mocha;
export type Paint = (colour: Colour, text: string) => string;

export const inColour: Paint = (colour, text) => `\u001B[38;2;${mocha[colour]}m${text}\u001B[39m`;
export const plain: Paint = (_colour, text) => text;
