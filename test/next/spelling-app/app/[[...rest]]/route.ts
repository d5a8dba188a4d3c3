import { handler } from "../../handler.ts";

export const GET = handler("open");
