import { notFound, redirect } from "next/navigation";
import { app } from "../../../flux.ts";

export const GET = app.guard((request) => {
  const how = request.nextUrl.searchParams.get("how");
  if (how === "not-found") notFound();
  if (how === "redirect") redirect("/sign-in");
  throw new Error("a handler broke");
});
