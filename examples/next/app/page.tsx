import Link from "next/link";
import { app } from "../flux.ts";
import { mocha } from "./palette.ts";

export default async function Home() {
  const { principal, tenant } = await app.current();
  return (
    <>
      <h1>Reports</h1>
      {principal === undefined ? (
        <p>You are not signed in.</p>
      ) : (
        <p>
          {principal.subject} of {tenant?.id}, on the plan {tenant?.plan}.
        </p>
      )}
      <Link href="/reports" style={{ color: mocha.blue }}>
        Your reports
      </Link>
    </>
  );
}
