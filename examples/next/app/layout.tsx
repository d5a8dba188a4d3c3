import type { ReactNode } from "react";
import { mocha } from "./palette.ts";

export const metadata = { title: "Flux in a Next app" };

export default function Layout({ children }: { children: ReactNode }) {
  const body = {
    background: mocha.base,
    color: mocha.text,
    font: "16px/1.6 system-ui, sans-serif",
    margin: "4rem auto",
    maxWidth: "36rem",
    padding: "0 1rem",
  };
  return (
    <html lang="en">
      <body style={body}>{children}</body>
    </html>
  );
}
