import { handler } from "../../../handler.ts";

export const GET = handler("GET /admin/x");
export const DELETE = handler("DELETE /admin/x");
export const POST = handler("POST /admin/x");
