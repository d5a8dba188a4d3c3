import { app } from "../../flux.ts";
import { button, mocha } from "../palette.ts";
import { summarise } from "./actions.ts";

/** What the plan does not include is shown as what it is: for sale. */
export default async function Reports() {
  const decision = await app.current();
  const exports = await app.current({ feature: "exports" });
  const tokens = decision.feature("ai-tokens");
  return (
    <>
      <h1>Reports of {decision.tenant?.id}</h1>
      <form action={summarise}>
        <button style={button} type="submit">
          Summarise
        </button>
        <span style={{ color: mocha.subtext }}>{tokens.remaining} tokens are left this month</span>
      </form>
      {exports.allowed ? (
        <p style={{ color: mocha.green }}>You can export.</p>
      ) : (
        <p style={{ color: mocha.red }}>
          Exports come with the plan {exports.remedy?.plans?.join(" or ")}.
        </p>
      )}
    </>
  );
}
