import { handler } from "../../../../handler.ts";

export const dynamic = "force-dynamic";
export const GET = handler("GET /admin/users/public");
