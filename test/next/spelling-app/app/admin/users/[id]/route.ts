import { handler } from "../../../../handler.ts";

export const GET = handler("GET /admin/users/:id");
