"use server";

import { cookies } from "next/headers";
import { redirect } from "next/navigation";
import { type Person, people, sessionOf } from "../../session.ts";

/** In a real app a password or an identity provider says who it is. */
export async function signIn(form: FormData) {
  const person = String(form.get("person"));
  if (!Object.hasOwn(people, person)) return;
  const session = await sessionOf(person as Person);
  (await cookies()).set("session", session, { httpOnly: true, sameSite: "lax", path: "/" });
  redirect("/reports");
}
