import { both } from "./actions.ts";

export default function Parallel() {
  return <form id="both" action={both} />;
}
