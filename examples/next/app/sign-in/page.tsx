import { people } from "../../session.ts";
import { button } from "../palette.ts";
import { signIn } from "./actions.ts";

export default function SignIn() {
  return (
    <form action={signIn}>
      <h1>Sign in</h1>
      {Object.entries(people).map(([person, tenant]) => (
        <button key={person} name="person" style={button} type="submit" value={person}>
          {person} of {tenant}
        </button>
      ))}
    </form>
  );
}
