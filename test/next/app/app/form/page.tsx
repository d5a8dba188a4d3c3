import { save, spend } from "./actions.ts";

export default function Form() {
  return (
    <>
      <form id="save" action={save}>
        <input name="note" />
      </form>
      <form id="spend" action={spend}>
        <input name="used" />
      </form>
    </>
  );
}
