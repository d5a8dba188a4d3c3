/** Of Catppuccin Mocha, what this app uses. */
export const mocha = {
  base: "#1e1e2e",
  surface: "#313244",
  text: "#cdd6f4",
  subtext: "#a6adc8",
  blue: "#89b4fa",
  green: "#a6e3a1",
  red: "#f38ba8",
} as const;

export const button = {
  background: mocha.surface,
  border: `1px solid ${mocha.blue}`,
  borderRadius: 6,
  color: mocha.text,
  cursor: "pointer",
  font: "inherit",
  marginRight: "0.5rem",
  padding: "0.4rem 1rem",
} as const;
