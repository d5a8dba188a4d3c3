import { createHash } from "node:crypto";

/** A script, and the name by which a server that has loaded it knows it. */
export class Script {
  readonly text: string;
  /** SHA-1 of the text, in hex. */
  readonly sha: string;
  constructor(text: string) {
    this.text = text;
    this.sha = createHash("sha1").update(text).digest("hex");
  }
}
