import { handler } from "../../../../handler.ts";

const any = handler("* /admin/area/*rest");

export { any as DELETE, any as GET, any as OPTIONS, any as PATCH, any as POST, any as PUT };
